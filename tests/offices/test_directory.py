from datetime import time

import pytest
from django.core.exceptions import ValidationError

from offices.directory.models import OfficeHours, User
from offices.directory.services import open_account
from tests.factories import PASSWORD, OfficeFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "wrong",
    [
        {"holiday_country": "mx"},
        {"holiday_country": "XX"},
        {"languages": ["klingon"]},
        {"time_zone": "Mars/Olympus"},
    ],
)
def test_an_office_that_could_promise_nothing_is_refused(wrong):
    office = OfficeFactory()
    office.full_clean()
    for name, value in wrong.items():
        setattr(office, name, value)
    with pytest.raises(ValidationError) as caught:
        office.full_clean()
    assert caught.value.message_dict.keys() == wrong.keys()


@pytest.mark.parametrize(
    ("opens_at", "closes_at"), [(time(18), time(9)), (time(9), time(9)), (time(8), time(10)), (time(17), time(20))]
)
def test_hours_that_end_before_they_begin_or_overlap_are_refused(opens_at, closes_at):
    office = OfficeFactory(hours=[(1, time(9), time(18))])
    hours = OfficeHours(office=office, weekday=1, opens_at=opens_at, closes_at=closes_at)
    with pytest.raises(ValidationError):
        hours.full_clean()


def test_an_account_is_found_whatever_its_case():
    user = User.objects.create(email="Ana@Example.ORG", name="Ana")
    assert open_account(email=" ana@example.org", name="Ana", language="es", time_zone="UTC") == user


def test_addresses_typed_in_the_admin_are_kept_in_lower_case(superuser, sign_in):
    office = OfficeFactory()
    form = {"email": "Ana@Example.ORG", "name": "Ana", "office": office.pk, "is_staff": "on"}
    form |= {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    answer = sign_in(superuser).post("/admin/directory/user/add/", form)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert User.objects.filter(email="ana@example.org").exists()


def test_who_tries_passwords_is_stopped_for_a_while(client):
    staff = StaffFactory(email="lucia@example.org")

    def enter(email, password):
        return client.post("/admin/login/", {"username": email, "password": password})

    for _ in range(10):
        assert enter(staff.email, "wrong").status_code == 200
    answer = enter("Lucia@example.org", PASSWORD)
    assert answer.status_code == 200 and "Wait 15 minutes" in answer.text
    other = StaffFactory(email="mariam@example.org")
    assert enter(other.email, PASSWORD).status_code == 302
