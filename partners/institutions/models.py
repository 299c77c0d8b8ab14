import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField
from oauth2_provider.models import AbstractApplication, ApplicationManager

from offices.kit.ids import new_id


@pghistory.track(append_only=True, model_name="InstitutionHistory")
class Institution(models.Model):
    """A hospital or university that refers patients to us."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.SlugField(
        _("code"),
        max_length=50,
        unique=True,
        help_text=_("Names the institution in commands and logs; it never changes."),
    )
    name = models.CharField(_("name"), max_length=200)
    country = CountryField(_("country"))
    is_active = models.BooleanField(_("active"), default=True, editable=False)

    class Meta:
        verbose_name = _("institution")
        verbose_name_plural = _("institutions")
        ordering = ["name"]

    def __str__(self):
        return self.name


@pghistory.track(
    fields=["id", "institution", "client_id", "label", "revoked_at"], append_only=True, model_name="CredentialHistory"
)
class Credential(AbstractApplication):
    """A client_id and a secret with which one system of an institution gets access tokens.

    It can do nothing but the client credentials grant, and the secret is kept as a hash alone. Credentials are revoked
    and kept, never deleted, so that each referral can still say which of them made it.
    """

    institution = models.ForeignKey(
        Institution, models.PROTECT, related_name="credentials", verbose_name=_("institution")
    )
    label = models.CharField(_("label"), max_length=100, blank=True, help_text=_("Which system uses it."))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)

    objects = ApplicationManager()

    class Meta:
        verbose_name = _("credential")
        verbose_name_plural = _("credentials")
        ordering = ["-created"]
        constraints = [
            models.CheckConstraint(
                name="credential_client_credentials_only",
                condition=models.Q(
                    client_type=AbstractApplication.CLIENT_CONFIDENTIAL,
                    authorization_grant_type=AbstractApplication.GRANT_CLIENT_CREDENTIALS,
                    hash_client_secret=True,
                ),
            )
        ]

    def __str__(self):
        return self.label or self.client_id

    def is_usable(self, request):
        """Asked by the token endpoint each time."""
        return self.revoked_at is None and self.institution.is_active
