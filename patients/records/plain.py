"""Files of a plain form, as browsers without scripts send them and the desk does."""

from patients.intake.models import Draft
from patients.records.documents import clean_filename
from patients.records.refusals import Refused, refusal_text
from patients.records.tus import PROBLEMS
from patients.records.uploads import Owner, TooMuch, TooOften, receive_whole


def receive_files(*, owner: Owner, files) -> list[tuple[str, str]]:
    """Take each file of a form. Returns (name, why) of those that were not taken."""
    refused = []
    for file in files:
        filename, why = clean_filename(file.name), ""
        try:
            document = receive_whole(owner=owner, filename=filename, stream=file, length=file.size)
            why = refusal_text(document.refusal)
        except Refused as error:
            why = str(error)
        except TooMuch:
            why = PROBLEMS["too_much"][1]
        except TooOften:
            why = PROBLEMS["too_often"][1]
        except Draft.DoesNotExist:  # thrown away meanwhile
            why = PROBLEMS["not_found"][1]
        if why:
            refused.append((filename, str(why)))
    return refused
