import pytest

from patients.cases.models import Case


@pytest.mark.django_db
def test_cast(case, other_case, patient, coordinator, reviewer, superuser, partner_a, partner_b):
    assert case.office.code == "mexico-city"
