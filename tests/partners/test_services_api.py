"""What the API says is offered, and that nothing else can be asked for."""

import pytest

from offices.directory.models import Physician
from patients.cases.models import Case
from patients.intake.models import CareRequest
from tests.factories import PhysicianFactory, ProgrammeFactory, SpecialtyFactory
from tests.partners.systems import PartnerSystem, referral_body

pytestmark = pytest.mark.django_db
SERVICES = "/api/v1/services/"


@pytest.fixture
def partner(client, offices, specialty, partner_a):
    return PartnerSystem(client, partner_a)


@pytest.fixture
def gone(db):
    return PhysicianFactory(code="gone", is_active=False)


def test_partners_read_what_is_offered_in_their_language(partner, gone):
    ProgrammeFactory(name_es="Válvulas del corazón")
    ProgrammeFactory(code="closed", is_offered=False)
    ProgrammeFactory(code="without-lead", lead=gone)
    SpecialtyFactory(code="dental", is_offered=False)
    ProgrammeFactory(code="teeth", specialty=SpecialtyFactory(code="dental"))
    SpecialtyFactory(code="sleep", lead=gone)
    partner.headers = partner.headers | {"Accept-Language": "es"}
    answer = partner.get(SERVICES)
    assert answer.json() == {
        "results": [
            {
                "code": "cardiology",
                "name": "Cardiology",
                "programmes": [{"code": "heart-valves", "name": "Válvulas del corazón"}],
            }
        ]
    }
    assert partner.get(SERVICES, page="2").status_code == 400


def test_a_programme_can_be_named_and_stands_on_the_case(partner):
    programme = ProgrammeFactory()
    assert partner.refer(referral_body(programme="heart-valves")).status_code == 201
    assert Case.objects.get().care_request.programme == programme


def unknown():
    return "no-such-programme"


def closed():
    return ProgrammeFactory(code="closed", is_offered=False).code


def of_another_specialty():
    return ProgrammeFactory(code="hips", specialty=SpecialtyFactory(code="orthopaedics")).code


def whose_lead_has_left():
    programme = ProgrammeFactory(lead=PhysicianFactory(code="leaves"))
    Physician.objects.filter(code="leaves").update(is_active=False)
    return programme.code


@pytest.mark.parametrize("programme", [unknown, closed, of_another_specialty, whose_lead_has_left])
def test_a_programme_that_cannot_be_asked_for_is_refused_by_name(programme, partner):
    answer = partner.refer(referral_body(programme=programme()))
    assert answer.status_code == 422
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [
        ("programme", "programme_not_offered")
    ]
    assert not CareRequest.objects.exists()


def test_a_specialty_whose_lead_has_left_is_refused(partner):
    Physician.objects.update(is_active=False)
    answer = partner.refer(referral_body())
    assert answer.json()["errors"][0]["code"] == "specialty_not_offered"
