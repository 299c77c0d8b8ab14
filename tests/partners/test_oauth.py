import json
from datetime import timedelta

import pytest
from django.utils import timezone
from oauth2_provider.models import AccessToken

from partners.api.oauth import FAILURES, FAILURES_SECONDS
from partners.institutions.models import Credential
from partners.institutions.services import (
    issue_credential,
    resume_institution,
    revoke_credential,
    suspend_institution,
)
from tests.partners.systems import FORM, TOKEN, PartnerSystem, ask_token, assert_problem

pytestmark = pytest.mark.django_db
GRANT = {"grant_type": "client_credentials"}


@pytest.fixture
def issued(institution):
    """(Credential, its secret)"""
    return issue_credential(institution=institution, actor=None)


@pytest.fixture
def pair(issued):
    """(client_id, client_secret)"""
    return issued[0].client_id, issued[1]


def in_form(pair):
    return GRANT | {"client_id": pair[0], "client_secret": pair[1]}


def assert_error(answer, status, error):
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert answer["Content-Type"] == "application/json" and answer["Cache-Control"] == "no-store"
    assert answer.content.isascii()


def test_a_token_is_given_to_who_signs_in_by_basic(client, pair):
    answer = ask_token(client, GRANT, basic=pair)
    given = answer.json()
    assert answer.status_code == 200 and answer["Content-Type"] == "application/json"
    assert answer["Cache-Control"] == "no-store" and answer["Pragma"] == "no-cache"
    assert given["token_type"] == "Bearer" and given["expires_in"] == 3600 and given["access_token"]
    assert set(given["scope"].split()) == {"referrals:read", "referrals:write"} and "refresh_token" not in given


def test_a_token_is_given_to_who_signs_in_in_the_form(client, pair):
    token = ask_token(client, in_form(pair)).json()["access_token"]
    assert PartnerSystem(client, {"Authorization": f"Bearer {token}"}).get().json()["results"] == []


def test_the_form_may_say_its_charset_and_repeat_the_client_id_of_basic(client, pair):
    form = GRANT | {"client_id": pair[0]}
    assert ask_token(client, form, basic=pair, content_type=f"{FORM}; charset=UTF-8").status_code == 200


@pytest.mark.parametrize("scope", ["referrals:read", "referrals:write", "referrals:write referrals:read"])
def test_a_token_has_the_scopes_that_were_asked_for(scope, client, pair):
    given = ask_token(client, in_form(pair) | {"scope": scope}).json()
    assert set(given["scope"].split()) == set(scope.split())


@pytest.mark.parametrize("scope", ["referrals:delete", "referrals:read admin", "*", "\x00"])
def test_a_scope_that_does_not_exist_is_refused(scope, client, pair):
    assert_error(ask_token(client, in_form(pair) | {"scope": scope}), 400, "invalid_scope")


@pytest.mark.parametrize("way", ["basic", "form"])
@pytest.mark.parametrize(
    "wrong", [("{id}", "wrong"), ("unknown", "{secret}"), ("{id}", ""), ("", "{secret}"), ("\x00", "\x00"), ("ñ", "漢")]
)
def test_a_wrong_sign_in_is_told_how_to_sign_in(way, wrong, client, pair):
    wrong = tuple(part.format(id=pair[0], secret=pair[1]) for part in wrong)
    answer = ask_token(client, GRANT, basic=wrong) if way == "basic" else ask_token(client, in_form(wrong))
    assert_error(answer, 401, "invalid_client")
    assert answer["WWW-Authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Basic /////w==", "Bearer abc", " "])
def test_an_unreadable_sign_in_is_refused(header, client, db):
    assert_error(ask_token(client, GRANT, headers={"Authorization": header}), 401, "invalid_client")


@pytest.mark.parametrize("form", [{"client_secret": "x"}, {"client_id": "another"}])
def test_two_ways_of_signing_in_at_once_are_refused(form, client, pair):
    assert_error(ask_token(client, GRANT | form, basic=pair), 400, "invalid_request")


@pytest.mark.parametrize(
    "grant", ["", "password", "authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"]
)
def test_no_other_grant_is_given(grant, client, pair):
    assert_error(ask_token(client, in_form(pair) | {"grant_type": grant}), 400, "unsupported_grant_type")


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
def test_no_other_media_type_is_read(content_type, client, pair):
    body = json.dumps(in_form(pair))
    assert_error(ask_token(client, body, content_type=content_type), 400, "invalid_request")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("grant_type=client_credentials&x=" + "x" * 16_384, FORM),
        ("grant_type=client_credentials" + "&a" * 2000, FORM),
        ("grant_type=client_credentials", f"{FORM}; charset=utf-16"),
    ],
    ids=["too large", "too many fields", "another charset"],
)
def test_a_form_that_cannot_be_read_is_refused_in_json(body, content_type, client, db):
    assert_error(ask_token(client, body, content_type=content_type), 400, "invalid_request")


def test_a_secret_in_the_address_is_refused(client, pair):
    answer = client.post(f"{TOKEN}?client_id={pair[0]}&client_secret={pair[1]}", "", content_type=FORM)
    assert answer.status_code == 400 and "access_token" not in answer.text


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete", "options"])
def test_only_post_is_taken(method, client, db):
    answer = getattr(client, method)(TOKEN)
    assert_error(answer, 405, "invalid_request")
    assert answer["Allow"] == "POST"


@pytest.mark.parametrize("path", ["authorize/", "revoke_token/", "introspect/", "applications/", "register/", ""])
def test_nothing_else_of_oauth_is_there(path, client, db):
    assert client.get(f"/oauth/{path}").status_code == 404


def test_secrets_and_tokens_are_kept_as_hashes_alone(client, pair):
    given = ask_token(client, in_form(pair)).json()["access_token"]
    credential, token = Credential.objects.get(), AccessToken.objects.get()
    assert credential.client_secret.startswith("md5$"), "hashed by the first of settings.PASSWORD_HASHERS"
    kept = [str(value) for row in (credential, token) for name, value in vars(row).items() if name != "_state"]
    assert not [value for value in kept if pair[1] in value or given in value]


def test_after_ten_failures_even_the_right_secret_waits(client, pair, clock):
    for _ in range(FAILURES):
        assert_error(ask_token(client, in_form((pair[0], "wrong"))), 401, "invalid_client")
    answer = ask_token(client, GRANT, basic=pair)
    assert_error(answer, 429, "temporarily_unavailable")
    assert 0 < int(answer["Retry-After"]) <= FAILURES_SECONDS
    clock.now += int(answer["Retry-After"])
    assert ask_token(client, GRANT, basic=pair).status_code == 200


def test_the_failures_of_one_stop_neither_another_client_nor_another_address(client, pair, institution, clock):
    for _ in range(FAILURES):
        ask_token(client, in_form((pair[0], "wrong")))
    other, secret = issue_credential(institution=institution, actor=None)
    assert ask_token(client, GRANT, basic=(other.client_id, secret)).status_code == 200
    assert ask_token(client, in_form(pair), REMOTE_ADDR="192.0.2.7").status_code == 200
    assert ask_token(client, in_form(pair)).status_code == 429


def test_signing_in_well_counts_as_no_failure(client, pair, clock):
    assert {ask_token(client, GRANT, basic=pair).status_code for _ in range(FAILURES + 2)} == {200}


def test_a_revoked_credential_gets_no_token(client, issued, pair, superuser):
    revoke_credential(credential=issued[0], actor=superuser)
    assert_error(ask_token(client, GRANT, basic=pair), 401, "invalid_client")


def test_a_suspended_institution_gets_no_token_until_it_is_resumed(client, institution, pair, superuser):
    suspend_institution(institution=institution, actor=superuser)
    assert_error(ask_token(client, GRANT, basic=pair), 401, "invalid_client")
    resume_institution(institution=institution, actor=superuser)
    assert ask_token(client, GRANT, basic=pair).status_code == 200


@pytest.mark.parametrize("end", ["revoke", "suspend"])
def test_a_token_that_was_just_used_ends_at_once(
    end, partner, institution, superuser, django_capture_on_commit_callbacks
):
    assert partner.get().status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        if end == "revoke":
            revoke_credential(credential=institution.credentials.get(), actor=superuser)
        else:
            suspend_institution(institution=institution, actor=superuser)
    assert_problem(partner.get(), "invalid_token")
    assert not AccessToken.objects.exists()


@pytest.mark.parametrize("end", ["revoke", "suspend"])
def test_a_token_ends_although_who_revoked_died_before_the_cache_was_told(end, partner, institution, superuser):
    if end == "revoke":
        revoke_credential(credential=institution.credentials.get(), actor=superuser)
    else:
        suspend_institution(institution=institution, actor=superuser)
    assert AccessToken.objects.exists()
    assert_problem(partner.get(), "invalid_token")


def test_revoking_one_credential_leaves_another_at_work(
    partner, other_partner, institution, superuser, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        revoke_credential(credential=institution.credentials.get(), actor=superuser)
    assert other_partner.get().status_code == 200


def test_a_token_ends_with_its_hour_even_while_the_cache_holds_it(partner, clock):
    clock.now = timezone.now().timestamp()
    assert partner.get().status_code == 200
    clock.now += 3601
    assert_problem(partner.get(), "invalid_token")


def test_an_expired_token_opens_nothing(partner):
    AccessToken.objects.update(expires=timezone.now() - timedelta(seconds=1))
    assert_problem(partner.get(), "invalid_token")


def test_a_used_token_needs_no_query(partner, django_assert_num_queries):
    partner.get()
    with django_assert_num_queries(1):  # the rows
        partner.get()


def test_without_redis_tokens_are_given_used_and_revoked(
    no_redis, client, issued, pair, superuser, django_capture_on_commit_callbacks
):
    assert ask_token(client, in_form((pair[0], "wrong"))).status_code == 401
    token = ask_token(client, GRANT, basic=pair).json()["access_token"]
    system = PartnerSystem(client, {"Authorization": f"Bearer {token}"})
    answer = system.get()
    assert answer.status_code == 200 and "RateLimit" not in answer.headers
    with django_capture_on_commit_callbacks(execute=True):
        revoke_credential(credential=issued[0], actor=superuser)
    assert_problem(system.get(), "invalid_token")
