import pytest

from partners.referrals.models import Referral
from patients.cases.services import advance_case
from tests.factories import make_case, refer

pytestmark = pytest.mark.django_db
REFERRALS = "/admin/referrals/referral/"


def page_of(referral):
    return f"{REFERRALS}{referral.pk}/change/"


@pytest.fixture
def referral(offices, specialty, institution):
    """A referral that came to the Mexico City office."""
    refer(institution, partner_reference="MX-1")
    return Referral.objects.get(partner_reference="MX-1")


@pytest.fixture
def other_referral(offices, specialty, other_institution):
    """A referral that came to the Abu Dhabi office."""
    refer(other_institution, partner_reference="AE-1", country="AE", email="layla@example.org")
    return Referral.objects.get(partner_reference="AE-1")


def rows(answer):
    return [*answer.context["cl"].result_list]


def test_a_coordinator_sees_the_own_offices_referrals_alone(referral, other_referral, coordinator, sign_in):
    answer = sign_in(coordinator).get(REFERRALS)
    assert rows(answer) == [referral] and "AE-1" not in answer.text


def test_a_superuser_sees_all(referral, other_referral, superuser, sign_in):
    assert rows(sign_in(superuser).get(REFERRALS)) == [other_referral, referral]


def test_a_row_names_the_institution_the_case_and_how_it_stands(referral, institution, coordinator, sign_in):
    advance_case(case=referral.case, to="records", actor=coordinator)
    text = sign_in(coordinator).get(REFERRALS).text
    assert institution.name in text and "In progress" in text
    assert f'<a href="/admin/cases/case/{referral.case_id}/change/"><bdi>{referral.case.reference}</bdi></a>' in text


def test_the_page_of_a_referral_is_read_by_the_own_office(referral, coordinator, sign_in):
    text = sign_in(coordinator).get(page_of(referral)).text
    assert "MX-1" in text and referral.case.reference in text and "Received" in text


@pytest.mark.parametrize("name", ["change", "history", "delete"])
def test_another_offices_referral_does_not_exist(name, referral, other_coordinator, sign_in):
    answer = sign_in(other_coordinator).get(f"{REFERRALS}{referral.pk}/{name}/")
    assert answer.status_code == 404


def test_patients_are_sent_to_the_sign_in(referral, sign_in):
    answer = sign_in(referral.case.account).get(page_of(referral))
    assert answer.url.startswith("/admin/login/")


@pytest.mark.parametrize("person", ["coordinator", "superuser"])
def test_nobody_adds_changes_or_deletes_a_referral(person, referral, request, sign_in):
    client = sign_in(request.getfixturevalue(person))
    assert client.get(f"{REFERRALS}add/").status_code == 403
    assert client.post(page_of(referral), {"partner_reference": "X"}).status_code == 403
    assert client.post(f"{REFERRALS}{referral.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(REFERRALS, {"action": "delete_selected", "_selected_action": [referral.pk]}).status_code in (
        200,
        302,
        403,
    )
    assert Referral.objects.get() == referral


@pytest.mark.parametrize("search", ["MX-1", "CI-"])
def test_referrals_are_searched_by_either_sides_reference(search, referral, coordinator, sign_in):
    refer(referral.institution, partner_reference="MX-2", email="ana@example.org")
    found = rows(sign_in(coordinator).get(REFERRALS, {"q": search}))
    assert referral in found and len(found) == (1 if search == "MX-1" else 2)


def test_referrals_are_filtered_by_institution(referral, other_referral, superuser, sign_in):
    query = {"institution__id__exact": str(referral.institution_id)}
    assert rows(sign_in(superuser).get(REFERRALS, query)) == [referral]


def test_the_case_page_says_who_referred_the_patient(referral, institution, coordinator, sign_in):
    address = "/admin/cases/case/{}/change/"
    text = sign_in(coordinator).get(address.format(referral.case_id)).text
    assert institution.name in text and "MX-1" in text
    assert institution.name not in sign_in(coordinator).get(address.format(make_case().pk)).text
