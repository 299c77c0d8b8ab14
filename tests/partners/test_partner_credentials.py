import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from partners.institutions.models import Credential
from partners.institutions.services import suspend_institution
from tests.partners.systems import PartnerSystem, ask_token

pytestmark = pytest.mark.django_db


def run(*arguments):
    output = StringIO()
    call_command("partner_credentials", *arguments, stdout=output)
    return output.getvalue()


def test_a_credential_is_printed_as_one_line_of_json_and_works(institution, client):
    output = run("--institution", "demo-mx", "--label", "Hospital system")
    told = json.loads(output)
    assert output.count("\n") == 1 and set(told) == {"institution", "client_id", "client_secret"}
    assert told["institution"] == "demo-mx"
    pair = told["client_id"], told["client_secret"]
    token = ask_token(client, {"grant_type": "client_credentials"}, basic=pair).json()["access_token"]
    assert PartnerSystem(client, {"Authorization": f"Bearer {token}"}).get().status_code == 200
    credential = Credential.objects.get()
    assert (credential.institution, credential.label) == (institution, "Hospital system")
    assert told["client_secret"] not in credential.client_secret


def test_each_run_issues_another(institution):
    first, second = (json.loads(run("--institution", "demo-mx")) for _ in range(2))
    assert first["client_id"] != second["client_id"] and first["client_secret"] != second["client_secret"]


def test_an_unknown_code_is_told_with_the_known_ones(institution, other_institution):
    with pytest.raises(CommandError, match="no institution “demo-xx”.*demo-ae, demo-mx"):
        run("--institution", "demo-xx")
    assert not Credential.objects.exists()


def test_without_any_institution_that_is_told_too(db):
    with pytest.raises(CommandError, match="no institution “demo-mx”"):
        run("--institution", "demo-mx")


def test_a_suspended_institution_gets_none(institution, superuser):
    suspend_institution(institution=institution, actor=superuser)
    with pytest.raises(CommandError, match="“demo-mx” is suspended"):
        run("--institution", "demo-mx")
    assert not Credential.objects.exists()


def test_the_institution_must_be_named(db):
    with pytest.raises(CommandError, match="--institution"):
        run()
