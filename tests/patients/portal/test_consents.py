"""The agreements of a request: each its own, unticked, with the text, the language, the time and who gave it."""

import re
from datetime import UTC, datetime, time
from unittest import mock

import pytest
from django.utils import timezone

from offices.routing.models import Requirement
from patients.cases.models import Case
from patients.intake import consents
from patients.intake.models import Consent
from tests.factories import OfficeHours, RequirementFactory, RoutingRuleFactory
from tests.patients.portal.walking import TYPED, begin, fill, save, send

pytestmark = pytest.mark.django_db
PAGE = "/en/request/steps/consents/"


@pytest.fixture(autouse=True)
def _centre(offices, specialty):
    """Every page here is one of a centre with offices and a specialty."""


@pytest.fixture
def separate(offices):
    """A consent that the rules ask of those who live in Mexico; its code is as long as one may be."""
    requirement = RequirementFactory(
        code="x" * 50, kind="consent", name="To send data abroad", text="Read in Abu Dhabi."
    )
    RoutingRuleFactory(countries=["MX"], requirements=[requirement, RequirementFactory()])
    return requirement


def boxes(client):
    """{kind: is it ticked} of the page."""
    found = re.findall(r'<input type="checkbox" name="consent_([\w-]+)"([^>]*)>', client.get(PAGE).content.decode())
    return {kind: " checked" in rest for kind, rest in found}


def test_every_box_is_unticked_and_only_the_needed_ones_must_be_ticked(client, begun):
    assert boxes(client) == {"treatment_inquiry": False, "records": False, "home_doctor": False}
    response = save(client, "consents", {"consent_home_doctor": "on"})
    assert response.status_code == 422
    assert response.content.decode().count("Without your agreement") == 4  # in the summary, and at each field
    assert save(client, "consents", TYPED["consents"]).status_code == 302
    assert boxes(client) == {"treatment_inquiry": True, "records": True, "home_doctor": False}


def test_each_consent_is_a_record_of_its_own(client):
    fill(client)
    save(client, "asker", {"asker": "parent"})
    save(client, "authority", {"asker_name": "فاطمة", "authority_basis": "minor"})
    ticks = TYPED["consents"] | {"consent_authority": "on", "consent_home_doctor": "on"}
    before = timezone.now()
    save(client, "consents", ticks, "ar")
    after = timezone.now()
    assert send(client).status_code == 302
    rows = {row.kind: row for row in Consent.objects.all()}
    assert rows.keys() == {"treatment_inquiry", "records", "authority", "home_doctor"}
    for row in rows.values():
        assert (row.text_version, row.given_by, row.given_as) == (consents.TEXT_VERSION, "فاطمة", "parent")
    assert [rows[kind].language for kind in ("treatment_inquiry", "records")] == [
        "en",
        "en",
    ]  # ticked before, in English
    assert [rows[kind].language for kind in ("authority", "home_doctor")] == ["ar", "ar"]
    assert before <= rows["authority"].recorded_at <= after
    assert rows["records"].recorded_at < before


def test_the_patient_gives_the_consents_of_an_own_request(client):
    fill(client)
    send(client)
    assert set(Consent.objects.values_list("given_by", "given_as")) == {("María Núñez", "self")}


def test_who_writes_for_another_confirms_the_right_to(client):
    fill(client)
    save(client, "asker", {"asker": "agent"})
    save(client, "authority", {"asker_name": "Omar", "authority_basis": "permission"})
    response = send(client)
    assert response.status_code == 422
    assert [step.code for step in response.context["missing"]] == ["consents"]


def test_a_consent_that_is_no_longer_asked_for_is_not_recorded(client):
    fill(client)
    save(client, "asker", {"asker": "agent"})
    save(client, "consents", TYPED["consents"] | {"consent_authority": "on"})
    save(client, "asker", {"asker": "self"})
    assert "To act for the patient" not in client.get("/en/request/check/").content.decode()
    assert send(client).status_code == 302
    assert set(Consent.objects.values_list("kind", flat=True)) == {"treatment_inquiry", "records"}


def test_a_text_that_has_changed_must_be_agreed_to_again(client, monkeypatch):
    fill(client)
    newer = [consents.INQUIRY, consents.ConsentText("records", "Records", ("New.",), "Yes", "2", is_required=True)]
    with mock.patch.object(consents, "RECORDS", newer[1]):
        assert boxes(client) == {"treatment_inquiry": True, "records": False, "home_doctor": False}
        assert [step.code for step in send(client).context["missing"]] == ["consents"]
        save(client, "consents", TYPED["consents"])
        assert send(client).status_code == 302
    assert dict(Consent.objects.values_list("kind", "text_version")) == {
        "treatment_inquiry": consents.TEXT_VERSION, "records": "2",
    }  # fmt: skip


def test_a_tick_taken_away_is_no_consent(client):
    fill(client)
    save(client, "consents", TYPED["consents"] | {"consent_home_doctor": "on"})
    save(client, "consents", TYPED["consents"])
    send(client)
    assert not Consent.objects.filter(kind="home_doctor").exists()


def test_a_separate_consent_of_the_rules_is_asked_for_where_they_hold(client, separate):
    begin(client)
    assert separate.code not in boxes(client)
    save(client, "origin", {"residence_country": "MX"})
    assert boxes(client)[separate.code] is False
    page = client.get(PAGE).content.decode()
    assert "To send data abroad" in page and "Read in Abu Dhabi." in page
    save(client, "consents", TYPED["consents"] | {f"consent_{separate.code}": "on"})
    assert boxes(client)[separate.code] is True
    Requirement.objects.filter(pk=separate.pk).update(text="Read in Abu Dhabi and Los Angeles.")
    RoutingRuleFactory(countries=["BR"])  # the rules are read anew
    assert boxes(client)[separate.code] is False


@pytest.mark.parametrize("is_given", [True, False])
def test_an_urgent_request_goes_to_an_open_office_only_with_the_separate_consent(client, offices, separate, is_given):
    OfficeHours.objects.filter(office=offices["abu-dhabi"]).update(closes_at=time(18))
    at = datetime(2026, 11, 25, 8, tzinfo=UTC)  # two at night in Mexico City, noon in Abu Dhabi
    ticks = {f"consent_{separate.code}": "on"} if is_given else {}
    fill(client, urgency="urgent")
    save(client, "consents", TYPED["consents"] | ticks)
    with mock.patch("django.utils.timezone.now", return_value=at):
        assert send(client).status_code == 302
    case = Case.objects.get()
    assert case.home_office == offices["mexico-city"]
    assert case.office == offices["abu-dhabi" if is_given else "mexico-city"]
    assert Consent.objects.filter(kind=separate.code).exists() == is_given
