"""What each role lets its holder do, and nothing beyond it."""

from datetime import date, time, timedelta

import pytest
from django.utils import timezone

from offices.directory.models import Absence, Office, OfficeDay, StaffLanguage
from offices.directory.roles import Role
from offices.translation.models import TranslationJob
from patients.cases.models import Case
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db

# Of each role at the office of the case: what GET and POST are answered. 302 is done.
READS = {
    "case": "/admin/cases/case/{case}/change/",
    "mail list": "/admin/notifications/notification/",
    "job": "/admin/translation/translationjob/{job}/change/",
    "office": "/admin/directory/office/{office}/change/",
    "staff list": "/admin/directory/user/",
    "rules": "/admin/routing/routingrule/",
    "outbox": "/admin/outbox/event/",
}
MAY_READ = {
    Role.COORDINATOR: {"case", "mail list", "job", "office", "rules"},
    Role.FINANCIAL_COORDINATOR: {"case", "mail list", "office", "rules"},
    Role.TRANSLATOR: {"job", "office", "rules"},
    Role.CLINICAL_REVIEWER: {"case", "office", "rules"},
    Role.OFFICE_MANAGER: {"case", "mail list", "job", "office", "staff list", "rules"},
    Role.PROGRAMME_DIRECTOR: {"case", "mail list", "job", "office", "staff list", "rules"},
    Role.GLOBAL_CONSULTANT: {"office", "rules"},
}
WRITES = {
    "move": ("/admin/cases/case/{case}/advance/", {"to": "records", "seen": "submitted"}),
    "write": (
        "/admin/cases/case/{case}/message/",
        {"text": "Hola.", "language": "es", "message_id": "018f0000-0000-7000-8000-000000000001"},
    ),
    "translate": ("/admin/translation/translationjob/{job}/version/", {"text": "Pain.", "seen": "0"}),
    "close a day": ("/admin/directory/officeday/add/", {"office": "{office}", "day": "2026-12-24", "name_en": "Eve"}),
    "change a rule": ("/admin/routing/routingrule/add/", {"name": "R", "position": "1", "valid_from": "2026-01-01"}),
    "add a region": ("/admin/directory/region/add/", {"code": "new", "name_en": "New", "position": "1"}),
}
MAY_WRITE = {
    Role.COORDINATOR: {"move", "write", "translate"},
    Role.FINANCIAL_COORDINATOR: {"write"},
    Role.TRANSLATOR: {"translate"},
    Role.CLINICAL_REVIEWER: set(),
    Role.OFFICE_MANAGER: {"move", "write", "translate", "close a day"},
    Role.PROGRAMME_DIRECTOR: set(WRITES),
    Role.GLOBAL_CONSULTANT: set(),
}


@pytest.fixture
def fill(case):
    rows = {"case": case.pk, "job": case.care_request.translation_id, "office": case.office_id}
    return lambda text: text.format(**rows)


@pytest.mark.parametrize("role", Role)
def test_a_role_reads_its_pages_and_no_other(role, case, fill, sign_in):
    client = sign_in(StaffFactory(office=case.office, roles=[role]))
    answers = {name: client.get(fill(address)).status_code for name, address in READS.items()}
    assert {name for name, status in answers.items() if status == 200} == MAY_READ[role], answers
    assert set(answers.values()) <= {200, 403, 404}


@pytest.mark.parametrize("role", Role)
def test_a_role_does_its_work_and_no_other(role, case, fill, sign_in):
    client = sign_in(StaffFactory(office=case.office, roles=[role]))
    answers = {
        name: client.post(fill(address), {field: fill(value) for field, value in form.items()}).status_code
        for name, (address, form) in WRITES.items()
    }
    assert {name for name, status in answers.items() if status == 302} == MAY_WRITE[role], answers
    assert set(answers.values()) <= {302, 403, 404}


def test_without_a_role_staff_see_nothing(case, sign_in, fill):
    client = sign_in(StaffFactory(office=case.office, roles=[]))
    assert {client.get(fill(address)).status_code for address in READS.values()} <= {403, 404}


@pytest.mark.parametrize("roles", [[Role.COORDINATOR], [Role.OFFICE_MANAGER]])
def test_a_role_holds_for_the_own_office_alone(roles, case, other_case, offices):
    staff = StaffFactory(office=offices["abu-dhabi"], roles=roles)
    assert set(Case.objects.visible_to(staff)) == {other_case}
    assert set(TranslationJob.objects.visible_to(staff)) == {other_case.care_request.translation}


def test_a_programme_director_works_for_every_office(case, other_case):
    director = StaffFactory(office=None, roles=[Role.PROGRAMME_DIRECTOR])
    assert set(Case.objects.visible_to(director)) == {case, other_case}


def test_the_desk_opens_at_the_first_page_that_the_reader_may_read(case, sign_in):
    client = sign_in(StaffFactory(office=case.office, roles=[Role.TRANSLATOR]))
    assert client.get("/admin/", follow=True).status_code == 200


@pytest.fixture
def manager(offices):
    return StaffFactory(office=offices["mexico-city"], roles=[Role.OFFICE_MANAGER])


def person_form(person, **changes):
    totals = {
        f"{rows}-{end}": "0" for rows in ("spoken_languages", "absences") for end in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    return totals | {"capacity": person.capacity} | changes


def test_a_manager_keeps_capacity_languages_and_days_away_of_the_own_staff(manager, coordinator, sign_in):
    form = person_form(
        coordinator, capacity="7",
        **{
            "spoken_languages-TOTAL_FORMS": "1", "spoken_languages-0-language": "es", "spoken_languages-0-level": "3",
            "spoken_languages-0-user": coordinator.pk, "spoken_languages-0-may_release": "on",
            "absences-TOTAL_FORMS": "1", "absences-0-starts_on": "2026-12-01", "absences-0-ends_on": "2026-12-05",
            "absences-0-user": coordinator.pk, "absences-0-stand_in": manager.pk,
        },
    )  # fmt: skip
    form |= {"email": "taken@example.org", "is_superuser": "on", "roles": "programme_director"}
    answer = sign_in(manager).post(f"/admin/directory/user/{coordinator.pk}/change/", form)
    assert answer.status_code == 302, answer.context["errors"]
    coordinator.refresh_from_db()
    assert (coordinator.capacity, coordinator.email) == (7, "lucia@example.org")
    assert not coordinator.is_superuser and coordinator.roles == [Role.COORDINATOR]
    absence = Absence.objects.get(user=coordinator)
    assert (absence.starts_on, absence.stand_in) == (date(2026, 12, 1), manager)
    # Who is a qualified translator is not a manager's to say.
    assert not StaffLanguage.objects.get(user=coordinator, language="es").may_release


def test_a_manager_sees_the_languages_and_days_away_that_are_there(manager, coordinator, sign_in):
    StaffLanguage.objects.create(user=coordinator, language="es", may_release=True)
    Absence.objects.create(user=coordinator, starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 5))
    page = sign_in(manager).get(f"/admin/directory/user/{coordinator.pk}/change/")
    assert [len(inline.formset.initial_forms) for inline in page.context["inline_admin_formsets"]] == [1, 1]


def test_a_manager_sees_neither_other_offices_staff_nor_patients_accounts(
    manager, other_coordinator, patient, superuser, sign_in
):
    client = sign_in(manager)
    for person in (other_coordinator, patient, superuser):
        assert client.get(f"/admin/directory/user/{person.pk}/change/").status_code == 404


def test_a_manager_keeps_the_days_of_the_own_office_alone(manager, offices, sign_in):
    client = sign_in(manager)
    form = {"office": offices["abu-dhabi"].pk, "day": "2026-12-24", "name_en": "Eve"}
    assert client.post("/admin/directory/officeday/add/", form).status_code == 200
    assert not OfficeDay.objects.exists()
    theirs = OfficeDay.objects.create(office=offices["abu-dhabi"], day=date(2026, 12, 24))
    address = f"/admin/directory/officeday/{theirs.pk}"
    assert client.post(f"{address}/change/", form | {"name_en": "Mine"}).status_code == 403
    assert client.post(f"{address}/delete/", {"post": "yes"}).status_code == 403
    office = Office.objects.get(code="abu-dhabi")
    assert client.post(f"/admin/directory/office/{office.pk}/change/", {"name_en": "Mine"}).status_code == 403


def test_roles_are_for_staff_and_given_by_superusers(superuser, patient, sign_in):
    form = person_form(patient, email=patient.email, name="X", language="es", time_zone="UTC", roles="coordinator")
    answer = sign_in(superuser).post(f"/admin/directory/user/{patient.pk}/change/", form)
    assert "roles" in answer.context["adminform"].form.errors


@pytest.mark.parametrize("role", [Role.OFFICE_MANAGER, Role.PROGRAMME_DIRECTOR])
def test_only_superusers_set_the_password_of_another(role, coordinator, offices, sign_in):
    client = sign_in(StaffFactory(office=offices["mexico-city"], roles=[role]))
    form = {"password1": "a-new-test-password", "password2": "a-new-test-password", "usable_password": "true"}
    before = coordinator.password
    assert client.post(f"/admin/directory/user/{coordinator.pk}/password/", form).status_code == 403
    coordinator.refresh_from_db()
    assert coordinator.password == before


def test_hours_of_one_page_do_not_overlap(manager, sign_in):
    office = manager.office
    office.hours.all().delete()
    form = {"name_en": "Mexico", "city_en": "Mexico", "languages": "es", "email": "mexico@example.org"}
    form |= {
        f"{rows}-{end}": "0" for rows in ("hours", "channels", "countries") for end in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    form |= {"hours-TOTAL_FORMS": "2"}
    for row, (opens, closes) in enumerate([("09:00", "17:00"), ("10:00", "18:00")]):
        form |= {f"hours-{row}-weekday": "1", f"hours-{row}-opens_at": opens, f"hours-{row}-closes_at": closes}
    client, address = sign_in(manager), f"/admin/directory/office/{office.pk}/change/"
    answer = client.post(address, form)
    assert answer.status_code == 200 and "overlap" in answer.text and not office.hours.exists()
    form |= {"hours-1-opens_at": "17:00"}
    answer = client.post(address, form)
    assert answer.status_code == 302, answer.context["errors"]
    assert Office.objects.get(pk=office.pk).calendar.week[0] == ((time(9), time(18)),)


def test_absences_of_one_page_do_not_overlap(manager, coordinator, sign_in):
    form = person_form(coordinator, **{"absences-TOTAL_FORMS": "2"})
    for row, days in enumerate([("2026-12-01", "2026-12-05"), ("2026-12-05", "2026-12-09")]):
        form |= {f"absences-{row}-starts_on": days[0], f"absences-{row}-ends_on": days[1]}
        form |= {f"absences-{row}-user": coordinator.pk}
    answer = sign_in(manager).post(f"/admin/directory/user/{coordinator.pk}/change/", form)
    assert answer.status_code == 200 and not Absence.objects.exists()


def test_the_queue_shows_mine_and_those_i_stand_in_for(case, coordinator, manager, sign_in):
    Case.objects.filter(pk=case.pk).update(coordinator=coordinator)
    client, mine = sign_in(manager), "/admin/cases/case/?whose=mine"
    assert list(client.get(mine).context["cl"].result_list) == []
    today = timezone.now().date()
    Absence.objects.create(
        user=coordinator, starts_on=today - timedelta(days=1), ends_on=today + timedelta(days=1), stand_in=manager
    )
    assert list(client.get(mine).context["cl"].result_list) == [case]
    assert list(client.get("/admin/cases/case/?whose=nobody").context["cl"].result_list) == []
