"""Who signs in: the team with its duties, languages and days away; patients and relatives."""

from datetime import date
from functools import cached_property

import pghistory
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from offices.directory.models.offices import Office
from offices.directory.models.services import Specialty
from offices.directory.models.validators import validate_language, validate_time_zone
from offices.directory.roles import GRANTS, Duty, Role


class UserManager(BaseUserManager):
    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields):
        """A person who can sign in; without a password only by a code sent to `email`."""
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields):
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})


@pghistory.track(exclude=["password", "last_login"], model_name="UserHistory")
class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who signs in: staff by password and second factor, a patient or relative by a mailed code."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    office = models.ForeignKey(
        Office, on_delete=models.PROTECT, null=True, blank=True, related_name="staff", verbose_name=_("office")
    )
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    roles = ArrayField(
        models.CharField(max_length=24, choices=Role.choices), verbose_name=_("roles"), default=list, blank=True
    )
    language = models.CharField(_("language"), max_length=12, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    specialties = models.ManyToManyField(Specialty, blank=True, related_name="+", verbose_name=_("specialties"))
    capacity = models.PositiveSmallIntegerField(
        _("capacity"), default=25, help_text=_("How many open cases this person can carry at once.")
    )
    date_joined = models.DateTimeField(_("joined at"), default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        verbose_name, verbose_name_plural = _("user"), _("users")
        ordering = ["email"]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self):
        return self.name or self.email

    def get_full_name(self):
        return self.name

    def get_short_name(self):
        return self.name

    @property
    def duties(self) -> frozenset[Duty]:
        """What the person's roles let them do; nothing without a role, without being staff, or once closed."""
        if not (self.is_active and self.is_staff):
            return frozenset()
        if self.is_superuser:
            return frozenset(Duty)
        return frozenset().union(*(GRANTS.get(role, ()) for role in self.roles))

    def may(self, duty: Duty) -> bool:
        return duty in self.duties

    @property
    def works_everywhere(self) -> bool:
        """Whether the duties hold for every office, and not only for the own one."""
        return self.is_superuser or self.may(Duty.ALL_OFFICES)

    @cached_property
    def qualified_languages(self) -> list[str]:
        """The languages whose translations this person may release."""
        return [spoken.language for spoken in self.spoken_languages.all() if spoken.may_release]


class Level(models.IntegerChoices):
    BASIC = 1, _("basic")
    PROFESSIONAL = 2, _("professional")
    NATIVE = 3, _("native")


@pghistory.track(append_only=True, model_name="StaffLanguageHistory")
class StaffLanguage(models.Model):
    """A language that a member of the team speaks. Who may release translations is a qualified translator
    (45 CFR 92.201)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="spoken_languages", verbose_name=_("user"))
    language = models.CharField(_("language"), max_length=12, validators=[validate_language])
    level = models.PositiveSmallIntegerField(_("level"), choices=Level.choices, default=Level.PROFESSIONAL)
    may_release = models.BooleanField(_("qualified to release translations"), default=False)

    class Meta:
        verbose_name, verbose_name_plural = _("language spoken"), _("languages spoken")
        ordering = ["-level", "language"]
        constraints = [
            models.UniqueConstraint(fields=["user", "language"], name="staff_language_once"),
            models.CheckConstraint(
                condition=Q(may_release=False) | Q(level__gte=Level.PROFESSIONAL),
                name="staff_language_release_needs_level",
                violation_error_message=_("Who releases translations speaks the language at least professionally."),
            ),
        ]  # fmt: skip

    def __str__(self):
        return f"{self.language} ({self.get_level_display()})"


class AbsenceQuerySet(models.QuerySet):
    def on(self, day: date):
        return self.filter(starts_on__lte=day, ends_on__gte=day)


@pghistory.track(append_only=True, model_name="AbsenceHistory")
class Absence(models.Model):
    """Days on which a member of the team is away, both ends included, and who stands in."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences", verbose_name=_("user"))
    starts_on = models.DateField(_("first day away"))
    ends_on = models.DateField(_("last day away"))
    stand_in = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="stands_in_for", verbose_name=_("stand-in"),
        limit_choices_to={"is_staff": True, "is_active": True},
    )  # fmt: skip

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("absence"), _("absences")
        ordering = ["starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on")),
                name="absence_starts_before_end",
                violation_error_message=_("The last day away is not before the first."),
            ),
            models.CheckConstraint(
                condition=Q(stand_in__isnull=True) | ~Q(stand_in=F("user")),
                name="absence_stand_in_is_another",
                violation_error_message=_("Nobody stands in for themselves."),
            ),
        ]

    def __str__(self):
        return f"{self.starts_on:%Y-%m-%d} – {self.ends_on:%Y-%m-%d}"

    def clean(self):
        if self.user_id is None or not (self.starts_on and self.ends_on):
            return
        same_days = Absence.objects.filter(user=self.user_id, starts_on__lte=self.ends_on, ends_on__gte=self.starts_on)
        if same_days.exclude(pk=self.pk).exists():
            raise ValidationError(_("These days overlap another absence of the same person."))
