"""The rules of which records are needed, at the desk."""

import pytest

from offices.directory.roles import Role
from patients.records.models import ReadinessRule
from tests.factories import ReadinessRuleFactory, SpecialtyFactory, StaffFactory

pytestmark = pytest.mark.django_db
RULES = "/admin/records/readinessrule/"


@pytest.fixture
def director(offices):
    return StaffFactory(office=None, roles=[Role.PROGRAMME_DIRECTOR])


def rule_form(**fields):
    form = {"code": "head-mri", "kind": "imaging", "modalities": "mr, CT", "max_age_days": "180", "position": "1"}
    return form | {"is_required": "on", "name_en": "MRI of the head", "why_en": "The surgeons plan on it."} | fields


def test_a_director_adds_a_rule_with_its_texts(director, sign_in):
    specialty = SpecialtyFactory()
    form = rule_form(specialty=specialty.pk, name_es="Resonancia de la cabeza")
    answer = sign_in(director).post(f"{RULES}add/", form)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    rule = ReadinessRule.objects.get()
    assert (rule.specialty, rule.modalities, rule.max_age_days) == (specialty, "MR,CT", 180)
    assert (rule.name_en, rule.name_es) == ("MRI of the head", "Resonancia de la cabeza")


@pytest.mark.parametrize("wrong", [{"modalities": "M R"}, {"modalities": "MR;CT"}, {"kind": "letter"}, {"name_en": ""}])
def test_a_rule_that_cannot_be_is_explained(wrong, director, sign_in):
    answer = sign_in(director).post(f"{RULES}add/", rule_form(**wrong))
    assert answer.status_code == 200 and answer.context["errors"]
    assert not ReadinessRule.objects.exists()


def test_the_team_reads_the_rules_and_its_managers_change_them(director, coordinator, sign_in):
    rule = ReadinessRuleFactory(max_age_days=90)
    client = sign_in(coordinator)
    assert "Pathology" in client.get(RULES).text
    assert client.get(f"{RULES}{rule.pk}/change/").status_code == 200
    assert client.post(f"{RULES}{rule.pk}/change/", rule_form()).status_code == 403
    assert client.get(f"{RULES}add/").status_code == 403
    client = sign_in(director)
    assert client.post(f"{RULES}{rule.pk}/change/", rule_form()).status_code == 302
    assert client.post(f"{RULES}{rule.pk}/delete/").status_code == 403
