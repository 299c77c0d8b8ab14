"""The mails to patients: each in eight languages, with the reference and the link, and nothing about health."""

import pytest
from django.conf import settings

from offices.notifications.models import Notification
from patients.cases.models import Stage
from patients.cases.services import advance_case, post_message
from tests.factories import make_case

pytestmark = pytest.mark.django_db

LANGUAGES = [code for code, _name in settings.LANGUAGES]


@pytest.mark.parametrize("language", LANGUAGES)
def test_mails_name_the_reference_and_lead_to_the_case(offices, specialty, coordinator, language, settings):
    settings.SITE_URL = "https://care.example.org"
    case = make_case(language=language)
    post_message(case=case, author=coordinator, text="A secret diagnosis", language="en")
    advance_case(case=case, to=Stage.RECORDS, actor=coordinator)
    mails = {mail.kind: mail for mail in Notification.objects.filter(about=case.reference)}
    assert set(mails) == {"request_received", "message_received", "stage_changed"}
    for mail in mails.values():
        assert mail.language == language
        assert case.reference in mail.subject
        link = f"https://care.example.org/{language}/cases/{case.reference}/?for="
        assert link in mail.text
        assert f'href="{link}' in mail.html
        assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in mail.html
        for told in ("A secret diagnosis", "Tengo dolor", "cardiology", "Cardiology"):
            assert told not in mail.subject + mail.text + mail.html
    assert "&" not in mails["request_received"].subject


def test_promise_in_the_mail_is_on_the_clock_of_the_patient(offices, specialty):
    case = make_case(language="en")
    mail = Notification.objects.get(about=case.reference)
    assert "Mexico City Time" in mail.text or "Mexico" in mail.text
    assert "We will answer by" in mail.text
