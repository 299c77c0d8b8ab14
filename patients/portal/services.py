"""The patient's own writing."""

from uuid import UUID

from django.utils.translation import get_language

from offices.directory.models import User
from offices.kit.languages import page_language
from patients.cases.models import Case, Message
from patients.cases.services import post_message


def send_reply(*, case: Case, author: User, text: str, message_id: UUID | None = None) -> Message:
    """Write to the office; `message_id` as in `post_message`."""
    language = _writing_language(case.patient.language)
    return post_message(case=case, author=author, text=text, language=language, message_id=message_id)


def _writing_language(preferred: str) -> str:
    """The page's language, which the patient chose, unless the pages do not speak the patient's language."""
    is_shipped = page_language(preferred).split("-")[0] == preferred.split("-")[0]
    return get_language() if is_shipped else preferred
