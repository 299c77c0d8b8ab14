import pytest
from django.core.exceptions import ValidationError

from offices.directory.models import User
from offices.directory.services import open_account
from tests.factories import PASSWORD, OfficeFactory, StaffFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "wrong",
    [
        {"holiday_country": "mx"},
        {"holiday_country": "XX"},
        {"workdays": []},
        {"workdays": [8]},
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
