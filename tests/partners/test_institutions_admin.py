from uuid import uuid4

import pytest
from django.apps import apps

from partners.institutions.models import Credential, Institution
from partners.institutions.services import issue_credential, revoke_credential, suspend_institution
from tests.factories import InstitutionFactory
from tests.partners.systems import ask_token, assert_problem

pytestmark = pytest.mark.django_db
INSTITUTIONS = "/admin/institutions/institution/"
CREDENTIALS = "/admin/institutions/credential/"
GRANT = {"grant_type": "client_credentials"}


def page_of(row, name="change"):
    folder = CREDENTIALS if isinstance(row, Credential) else INSTITUTIONS
    return f"{folder}{row.pk}/{name}/"


@pytest.fixture
def credential(institution):
    return issue_credential(institution=institution, actor=None, label="Hospital system")[0]


@pytest.fixture
def desk(sign_in, superuser):
    """The test client of a superuser."""
    return sign_in(superuser)


def told(answer):
    return [str(message) for message in answer.context["messages"]]


def test_a_new_institution_is_added(desk):
    answer = desk.post(f"{INSTITUTIONS}add/", {"name": "Hospital San José", "code": "hsj-mx", "country": "MX"})
    assert answer.status_code == 302
    added = Institution.objects.get()
    assert (added.name, added.code, added.country.code, added.is_active) == ("Hospital San José", "hsj-mx", "MX", True)


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"code": "demo-mx"}, {"code": "has space"}, {"country": ""}, {"country": "XX"}]
)
def test_an_institution_that_cannot_be_added_is_told_why(wrong, desk, institution):
    answer = desk.post(f"{INSTITUTIONS}add/", {"name": "Hospital San José", "code": "hsj-mx", "country": "MX"} | wrong)
    assert set(answer.context["adminform"].form.errors) == set(wrong)
    assert Institution.objects.count() == 1


def test_the_name_can_be_changed_later_and_the_code_cannot(desk, institution, credential):
    form = {"name": "Hospital San José", "code": "another", "country": "ES", "is_active": ""}
    answer = desk.post(
        page_of(institution),
        form | {"credentials-TOTAL_FORMS": 1, "credentials-INITIAL_FORMS": 1, "credentials-0-id": credential.pk},
    )
    assert answer.status_code == 302
    institution.refresh_from_db()
    assert (institution.name, institution.country.code) == ("Hospital San José", "ES")
    assert institution.code == "demo-mx" and institution.is_active


def test_the_secret_is_shown_once_and_works(desk, client, institution):
    answer = desk.post(page_of(institution, "issue"), {"label": "Hospital <system>"})
    secret = answer.context["secret"]
    issued = Credential.objects.get()
    assert answer.status_code == 200 and "no-store" in answer["Cache-Control"]
    assert answer.text.count(secret) == 1 and issued.client_id in answer.text
    assert issued.label == "Hospital <system>" and "Hospital <system>" not in answer.text
    assert ask_token(client, GRANT, basic=(issued.client_id, secret)).status_code == 200


def test_the_secret_is_on_no_later_page(desk, institution):
    secret = desk.post(page_of(institution, "issue"), {"label": "Hospital system"}).context["secret"]
    issued = Credential.objects.get()
    pages = [page_of(institution), page_of(institution, "history"), INSTITUTIONS, page_of(issued), CREDENTIALS]
    for page in pages:
        text = desk.get(page).text
        assert "institutions" in text, page
        assert secret not in text and issued.client_secret not in text, page
    assert secret not in str(dict(desk.session.items()))


def test_a_label_that_is_too_long_is_cut(desk, institution):
    assert desk.post(page_of(institution, "issue"), {"label": "x" * 500}).status_code == 200
    assert Credential.objects.get().label == "x" * 100


def test_a_suspended_institution_is_given_no_credential(desk, institution, superuser):
    suspend_institution(institution=institution, actor=superuser)
    answer = desk.post(page_of(institution, "issue"), follow=True)
    assert told(answer) == ["The institution is suspended: resume it first."]
    assert not Credential.objects.exists()
    assert page_of(institution, "issue") not in answer.text and page_of(institution, "resume") in answer.text


def test_a_credential_is_revoked(desk, partner, institution, django_capture_on_commit_callbacks):
    credential = institution.credentials.get()
    assert partner.get().status_code == 200 and page_of(credential, "revoke") in desk.get(page_of(credential)).text
    with django_capture_on_commit_callbacks(execute=True):
        answer = desk.post(page_of(credential, "revoke"), follow=True)
    assert told(answer) == ["The credential is revoked, with all its tokens."]
    assert page_of(credential, "revoke") not in answer.text and "Revoked" in desk.get(CREDENTIALS).text
    assert_problem(partner.get(), "invalid_token")


def test_revoking_again_changes_nothing(desk, credential, superuser):
    revoke_credential(credential=credential, actor=superuser)
    desk.post(page_of(credential, "revoke"))
    before = credential.revoked_at
    credential.refresh_from_db()
    assert credential.revoked_at == before


def test_an_institution_is_suspended_and_resumed(desk, partner, institution, django_capture_on_commit_callbacks):
    assert partner.get().status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(page_of(institution, "suspend"))
    assert_problem(partner.get(), "invalid_token")
    assert "Suspended" in desk.get(INSTITUTIONS).text
    desk.post(page_of(institution, "resume"))
    institution.refresh_from_db()
    assert institution.is_active and "Suspended" not in desk.get(INSTITUTIONS).text
    assert_problem(partner.get(), "invalid_token")


@pytest.mark.parametrize("act", ["issue", "suspend", "resume"])
def test_who_did_it_is_kept(act, desk, institution, superuser):
    if act == "resume":
        suspend_institution(institution=institution, actor=None)
    desk.post(page_of(institution, act))
    name = "CredentialHistory" if act == "issue" else "InstitutionHistory"
    last = apps.get_model("institutions", name).objects.order_by("pgh_id").last()
    service = {"issue": "issue_credential"}.get(act, f"{act}_institution")
    assert (last.pgh_context.metadata["user"], last.pgh_context.metadata["service"]) == (superuser.pk, service)


@pytest.mark.parametrize("act", ["issue", "suspend", "resume", "revoke"])
def test_acts_are_posted_by_superusers_alone(
    act, institution, credential, coordinator, patient, superuser, client, sign_in
):
    row = credential if act == "revoke" else institution
    assert sign_in(superuser).get(page_of(row, act)).status_code == 405
    for method in ("get", "post"):
        assert getattr(sign_in(coordinator), method)(page_of(row, act)).status_code == 404
        assert getattr(sign_in(patient), method)(page_of(row, act)).url.startswith("/admin/login/")
        client.logout()
        assert getattr(client, method)(page_of(row, act)).url.startswith("/admin/login/")
    institution.refresh_from_db(), credential.refresh_from_db()
    assert institution.is_active and credential.revoked_at is None and Credential.objects.count() == 1


@pytest.mark.parametrize("act", ["issue", "suspend", "resume"])
def test_an_institution_that_is_not_there_is_not_found(act, desk):
    for pk in (uuid4(), "nonsense"):
        assert desk.post(f"{INSTITUTIONS}{pk}/{act}/").status_code == 404


def test_a_credential_that_is_not_there_is_not_found(desk):
    for pk in (4_000_000, "nonsense"):
        assert desk.post(f"{CREDENTIALS}{pk}/revoke/").status_code == 404


def test_coordinators_see_no_institution_and_no_credential(institution, credential, coordinator, sign_in):
    client = sign_in(coordinator)
    for page in (INSTITUTIONS, f"{INSTITUTIONS}add/", page_of(institution), CREDENTIALS, page_of(credential)):
        assert client.get(page).status_code == 403, page
        assert client.post(page, {"name": "Mine"}).status_code == 403, page


def test_credentials_are_neither_added_changed_nor_deleted_by_hand(desk, institution, credential):
    assert desk.get(f"{CREDENTIALS}add/").status_code == 403
    assert desk.post(page_of(credential), {"label": "Mine"}).status_code == 403
    assert desk.post(page_of(credential, "delete"), {"post": "yes"}).status_code == 403
    assert desk.post(page_of(institution, "delete"), {"post": "yes"}).status_code == 403
    assert Credential.objects.get().label == "Hospital system"


@pytest.mark.parametrize("model", ["accesstoken", "grant", "idtoken", "refreshtoken", "application"])
def test_the_toolkits_own_pages_are_closed(model, desk):
    assert desk.get(f"/admin/oauth2_provider/{model}/").status_code == 404


@pytest.mark.parametrize("search", ["demo-mx", "Hospital demo"])
def test_institutions_and_credentials_are_searched(search, desk, institution, credential):
    InstitutionFactory(code="other", name="Clínica Real")
    assert [*desk.get(INSTITUTIONS, {"q": search}).context["cl"].result_list] == [institution]
    assert [*desk.get(CREDENTIALS, {"q": search}).context["cl"].result_list] == [credential]
