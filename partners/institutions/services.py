import pghistory
from django.db import transaction
from django.utils import timezone
from oauth2_provider.generators import generate_client_secret

from partners.institutions.access import forget_access
from partners.institutions.models import Credential, Institution


class InstitutionNotActive(ValueError):
    """No credential is issued to an institution that is suspended."""


@transaction.atomic
def issue_credential(*, institution, actor, label=""):
    """A new Credential and its secret in plain text, which exists nowhere else: (credential, secret).

    `actor` is a User, or None for the console. Raises InstitutionNotActive.
    """
    institution = Institution.objects.select_for_update().get(pk=institution.pk)
    if not institution.is_active:
        raise InstitutionNotActive(institution.code)
    secret = generate_client_secret()
    with _history(actor, "issue_credential"):
        credential = Credential.objects.create(
            institution=institution,
            label=label,
            client_secret=secret,
            client_type=Credential.CLIENT_CONFIDENTIAL,
            authorization_grant_type=Credential.GRANT_CLIENT_CREDENTIALS,
        )
    return credential, secret


@transaction.atomic
def revoke_credential(*, credential, actor):
    """End a credential for good, with all its tokens, from the moment this is committed; again changes nothing."""
    credentials = Credential.objects.filter(pk=credential.pk)
    with _history(actor, "revoke_credential"):
        credentials.filter(revoked_at=None).update(revoked_at=timezone.now())
    transaction.on_commit(lambda: forget_access(credentials))
    credential.refresh_from_db()


@transaction.atomic
def suspend_institution(*, institution, actor):
    """Stop all its credentials and tokens until it is resumed; tokens must then be asked for anew."""
    with _history(actor, "suspend_institution"):
        Institution.objects.filter(pk=institution.pk).update(is_active=False)
    transaction.on_commit(lambda: forget_access(Credential.objects.filter(institution=institution)))
    institution.refresh_from_db()


@transaction.atomic
def resume_institution(*, institution, actor):
    """Let its credentials that are not revoked get tokens again."""
    with _history(actor, "resume_institution"):
        Institution.objects.filter(pk=institution.pk).update(is_active=True)
    institution.refresh_from_db()


def _history(actor, service):
    return pghistory.context(user=actor.pk if actor else None, service=service)
