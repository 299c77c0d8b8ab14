"""What the centre does not offer cannot be asked for: not by the page, not at the desk, not past the product itself."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, InternalError, connection, transaction

from offices.directory.models import Physician, Specialty
from patients.intake.models import CareRequest
from patients.intake.services import ProgrammeNotOffered, SpecialtyNotOffered
from tests.factories import PhysicianFactory, ProgrammeFactory, SpecialtyFactory, make_case
from tests.patients.portal.walking import begin, fill, save, send

pytestmark = pytest.mark.django_db


def test_without_a_responsible_physician_nothing_is_marked_as_offered(offices):
    with pytest.raises(IntegrityError), transaction.atomic():
        Specialty.objects.create(code="sleep", name="Sleep", is_offered=True)
    service = Specialty(
        code="sleep", name="Sleep", is_offered=True, lead=PhysicianFactory(code="gone", is_active=False)
    )
    with pytest.raises(ValidationError) as caught:
        service.full_clean()
    assert set(caught.value.message_dict) == {"lead"}


def test_the_desk_refuses_to_offer_without_a_responsible_physician(superuser, sign_in):
    client = sign_in(superuser)
    form = {"code": "sleep", "name_en": "Sleep", "position": "1", "is_offered": "on"}
    answer = client.post("/admin/directory/specialty/add/", form)
    assert answer.status_code == 200 and "Name the responsible physician" in answer.text
    gone = PhysicianFactory(code="gone", is_active=False)
    answer = client.post("/admin/directory/specialty/add/", form | {"lead": gone.pk})
    assert "no longer at the centre" in answer.text
    assert not Specialty.objects.exists()


def test_the_service_that_records_requests_refuses(offices):
    with pytest.raises(SpecialtyNotOffered):
        make_case(specialty=SpecialtyFactory(code="dental", is_offered=False))
    with pytest.raises(ProgrammeNotOffered):
        make_case(programme=ProgrammeFactory(code="closed", is_offered=False))
    with pytest.raises(ProgrammeNotOffered):
        make_case(programme=ProgrammeFactory(code="hips", specialty=SpecialtyFactory(code="orthopaedics")))
    Physician.objects.update(is_active=False)
    with pytest.raises(SpecialtyNotOffered):
        make_case(specialty=SpecialtyFactory())


@pytest.mark.parametrize("column", ["specialty_id", "programme_id"])
@pytest.mark.parametrize("why", ["closed", "lead has left"])
def test_the_database_refuses_what_the_code_forgot(column, why, case):
    lead = PhysicianFactory(code="another", is_active=why == "closed")
    changes = {"lead": lead, "is_offered": why != "closed"}
    if column == "specialty_id":
        wrong = SpecialtyFactory(code="dental", **changes).pk
    else:
        wrong = ProgrammeFactory(specialty=case.care_request.specialty, **changes).pk
    with pytest.raises(InternalError, match="is not offered"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE intake_carerequest SET {column} = %s WHERE id = %s", [wrong, case.care_request_id])
    with pytest.raises(InternalError, match="is not offered"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO intake_carerequest SELECT (json_populate_record(r, json_build_object(
            'id', gen_random_uuid(), 'submission_id', gen_random_uuid(), 'translation_id', null, '{column}', %s)::json)).*
            FROM intake_carerequest r""",
            [wrong],
        )
    assert CareRequest.objects.count() == 1


def test_the_page_offers_and_takes_only_programmes_that_are_offered(client, offices, specialty):
    ProgrammeFactory()
    ProgrammeFactory(code="closed", is_offered=False, name="Closed programme")
    ProgrammeFactory(code="hips", specialty=SpecialtyFactory(code="orthopaedics"))
    fill(client)
    page = client.get("/en/request/steps/programme/").text
    assert "Heart-Valves" in page and "Closed programme" not in page and "Hips" not in page
    for wrong in ("closed", "hips"):
        assert "programme" in save(client, "programme", {"programme": wrong}).context["form"].errors
    assert save(client, "programme", {"programme": "heart-valves"}).status_code == 302
    assert send(client).status_code == 302
    assert CareRequest.objects.get().programme.code == "heart-valves"


def test_a_link_from_a_service_chooses_it_in_the_form(client, specialty):
    assert (
        '<input type="hidden" name="specialty" value="cardiology">'
        in client.get("/en/request/?specialty=cardiology").text
    )
    begin(client, specialty="cardiology")
    form = client.get("/en/request/steps/specialty/").context["form"]
    assert form["specialty"].value() == "cardiology"
