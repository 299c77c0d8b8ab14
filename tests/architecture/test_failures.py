"""A refusal looks like the place where it happens."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "status"),
    [("/admin/outbox/event/", 403), ("/admin/nothing/", 404), ("/admin/cases/case/1/change/", 404)],
)
def test_the_team_is_refused_inside_its_desk(address, status, coordinator, sign_in):
    answer = sign_in(coordinator).get(address)
    assert answer.status_code == status
    assert "desk-card" in answer.text and 'href="/admin/"' in answer.text
    assert "unsafe-eval" in answer["Content-Security-Policy"]  # or the desk's menu would not work


def test_everybody_else_is_refused_on_the_site(client, patient, sign_in, coordinator, other_case):
    answers = [client.get("/en/nothing/"), sign_in(patient).get(f"/en/cases/{other_case.reference}/")]
    answers.append(sign_in(coordinator).get("/en/nothing/"))
    for answer in answers:
        assert answer.status_code == 404 and "desk-card" not in answer.text
        assert "unsafe-eval" not in answer["Content-Security-Policy"]
