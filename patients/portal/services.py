"""The patient's own writing."""

from django.db import transaction
from django.utils.translation import get_language

from offices.directory.models import User
from offices.kit.languages import page_language
from patients.cases.models import Case, Message
from patients.cases.services import post_message


@transaction.atomic
def send_reply(*, case: Case, author: User, text: str) -> Message:
    """Write to the office. The same text sent twice in a row, as by a double click, is one message."""
    Case.objects.select_for_update(of=["self"]).get(pk=case.pk)
    last = case.messages.order_by("-sent_at").first()
    if last and last.author_id == author.pk and last.text == text:
        return last
    return post_message(case=case, author=author, text=text, language=_writing_language(case.patient.language))


def _writing_language(preferred: str) -> str:
    """The page's language, which the patient chose, unless the pages do not speak the patient's language."""
    is_shipped = page_language(preferred).split("-")[0] == preferred.split("-")[0]
    return get_language() if is_shipped else preferred
