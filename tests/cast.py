"""The people of the tests: each stands for a kind of reader, and every URL is held against all of them."""

import time
from urllib.parse import urlencode

import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test.utils import CaptureQueriesContext

from offices.security.sessions import SEEN
from partners.institutions.models import Institution
from partners.institutions.services import issue_credential
from patients.cases.models import Case
from tests.factories import InstitutionFactory, OfficeFactory, SpecialtyFactory, StaffFactory, make_case


@pytest.fixture
def offices(db):
    """{code: Office}: Mexico City serves MX, Abu Dhabi serves AE, Los Angeles takes the rest."""
    return {
        "mexico-city": OfficeFactory(code="mexico-city", countries=["MX"]),
        "abu-dhabi": OfficeFactory(
            code="abu-dhabi", time_zone="Asia/Dubai", languages=["ar", "en"], countries=["AE"]
        ),
        "los-angeles": OfficeFactory(
            code="los-angeles", time_zone="America/Los_Angeles", languages=["en"], countries=["US"], is_fallback=True
        ),
    }  # fmt: skip


@pytest.fixture
def specialty(db):
    return SpecialtyFactory()


@pytest.fixture
def case(offices, specialty) -> Case:
    """The patient's case, at the Mexico City office."""
    return make_case()


@pytest.fixture
def patient(case):
    """The account of the person whose case it is."""
    return case.account


@pytest.fixture
def other_case(offices, specialty) -> Case:
    """Another patient's case, at the Abu Dhabi office."""
    return make_case(
        email="layla@example.org", country="AE", language="ar", words="أعاني من ألم في الصدر.",
        given_names="Layla", family_name="Haddad",
    )  # fmt: skip


@pytest.fixture
def other_patient(other_case):
    return other_case.account


@pytest.fixture
def coordinator(offices):
    """Works at the Mexico City office."""
    return StaffFactory(email="lucia@example.org", name="Lucía Herrera", office=offices["mexico-city"])


@pytest.fixture
def other_coordinator(offices):
    """Works at the Abu Dhabi office."""
    return StaffFactory(email="mariam@example.org", name="Mariam Al Suwaidi", office=offices["abu-dhabi"])


@pytest.fixture
def reviewer(offices):
    """Works at the Mexico City office, and may release translations from Spanish."""
    return StaffFactory(
        email="elena@example.org", name="Elena Petrova", office=offices["mexico-city"], qualified_languages=["es"]
    )


@pytest.fixture
def inactive_coordinator(offices):
    """Worked at the Mexico City office; the account is closed."""
    return StaffFactory(email="ines@example.org", name="Inés Robles", office=offices["mexico-city"], is_active=False)


@pytest.fixture
def staff_without_office(db):
    """Staff whom no office has been given yet."""
    return StaffFactory(email="tomas@example.org", name="Tomás Lund", office=None)


@pytest.fixture
def superuser(db):
    return StaffFactory(email="sam@example.org", name="Sam Rivera", office=None, is_superuser=True)


@pytest.fixture
def institution(db) -> Institution:
    return InstitutionFactory(code="demo-mx")


@pytest.fixture
def other_institution(db) -> Institution:
    return InstitutionFactory(code="demo-ae", country="AE")


def let_in(client, user, *, at=None):
    """Sign the test client in as that person; a member of the team with a second factor shown at the Unix time `at`."""
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    if user.is_staff or user.is_superuser:
        session, at = client.session, at or time.time()
        mark_second_factor(session, user, at=at)
        session.save()
        UserSession.objects.get_or_create(
            session_key=session.session_key, defaults={"user": user, "ip": "127.0.0.1", "user_agent": "Test"}
        )


def mark_second_factor(session, user, *, at=None):
    """Write into the session of a member of the team what signing in with a second factor writes."""
    at = at or time.time()
    session["account_authentication_methods"] = [{"method": "password", "at": at}, {"method": "mfa", "at": at}]
    session["account_authentication_methods_user"] = str(user.pk)
    session[SEEN] = {"at": at, "key": session.session_key}


@pytest.fixture
def sign_in(client):
    """sign_in(user) -> the test client, signed in as that person; the team with its second factor."""

    def sign_in(user):
        let_in(client, user)
        return client

    return sign_in


@pytest.fixture
def partner_token(client):
    """partner_token(institution, scope="") -> an access token that its credential was given by the token endpoint."""

    def partner_token(institution, scope=""):
        credential, secret = issue_credential(institution=institution, actor=None)
        form = {"grant_type": "client_credentials", "client_id": credential.client_id, "client_secret": secret}
        response = client.post(
            "/oauth/token/",
            urlencode(form | ({"scope": scope} if scope else {})),
            content_type="application/x-www-form-urlencoded",
        )
        return response.json()["access_token"]

    return partner_token


@pytest.fixture
def partner_a(institution, partner_token):
    """The headers of the first institution."""
    return {"Authorization": f"Bearer {partner_token(institution)}"}


@pytest.fixture
def partner_b(other_institution, partner_token):
    """The headers of another institution."""
    return {"Authorization": f"Bearer {partner_token(other_institution)}"}


@pytest.fixture
def count_queries():
    """count_queries(call) -> how many SQL statements the call took, savepoints not counted; warmed up by one call before."""

    def count_queries(call):
        call()
        with CaptureQueriesContext(connection) as captured:
            call()
        return sum("SAVEPOINT" not in query["sql"] for query in captured)

    return count_queries
