"""The department's map of itself: regions, offices, specialties, and the people who sign in."""

from zoneinfo import ZoneInfo, available_timezones

import holidays
import pghistory
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from offices.kit.clock import WorkingCalendar
from offices.kit.languages import SPOKEN


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError(_("“%(name)s” is not a time zone of the IANA list."), params={"name": name})


def validate_holiday_country(code: str) -> None:
    if code not in holidays.list_supported_countries():
        raise ValidationError(_("The public holidays of “%(code)s” are not known."), params={"code": code})


def validate_workdays(days: list[int]) -> None:
    if not days or not set(days) <= set(range(1, 8)):
        raise ValidationError(_("Give at least one workday, each from 1 (Monday) to 7 (Sunday)."))


def validate_languages(codes: list[str]) -> None:
    for code in codes:
        if code not in SPOKEN:
            raise ValidationError(_("“%(code)s” is not the code of a language that we know."), params={"code": code})


def default_workdays() -> list[int]:
    return [1, 2, 3, 4, 5]


class Region(models.Model):
    """A part of the world that the department serves as one."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("region"), _("regions")
        ordering = ["position", "code"]

    def __str__(self):
        return self.name


class Office(models.Model):
    """A regional office: where its people work and when. Hours are in `time_zone`, workdays are ISO (1 Monday)."""

    code = models.SlugField(_("code"), unique=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="offices", verbose_name=_("region"))
    name = models.CharField(_("name"), max_length=120)
    city = models.CharField(_("city"), max_length=120)
    time_zone = models.CharField(_("time zone"), max_length=64, validators=[validate_time_zone])
    languages = ArrayField(
        models.CharField(max_length=12),
        verbose_name=_("languages spoken"),
        default=list,
        validators=[validate_languages],
    )
    workdays = ArrayField(
        models.PositiveSmallIntegerField(),
        verbose_name=_("workdays"),
        default=default_workdays,
        validators=[validate_workdays],
    )
    opens_at = models.TimeField(_("opens at"))
    closes_at = models.TimeField(_("closes at"))
    holiday_country = models.CharField(
        _("public holidays of"), max_length=2, blank=True, validators=[validate_holiday_country]
    )
    email = models.EmailField(_("e-mail"))
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    is_fallback = models.BooleanField(_("takes what no other office serves"), default=False)

    class Meta:
        verbose_name, verbose_name_plural = _("office"), _("offices")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_fallback"], condition=models.Q(is_fallback=True), name="office_one_fallback"
            ),
            models.CheckConstraint(
                condition=models.Q(opens_at__lt=models.F("closes_at")), name="office_opens_before_closing"
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def calendar(self) -> WorkingCalendar:
        return WorkingCalendar(
            time_zone=self.time_zone,
            workdays=tuple(self.workdays),
            opens_at=self.opens_at,
            closes_at=self.closes_at,
            holiday_country=self.holiday_country,
        )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class OfficeCountry(models.Model):
    """A country and the office that serves its residents. A country may be served by several offices."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="countries", verbose_name=_("office"))
    country = CountryField(_("country"))

    class Meta:
        verbose_name, verbose_name_plural = _("country served"), _("countries served")
        ordering = ["country"]
        constraints = [models.UniqueConstraint(fields=["office", "country"], name="office_country_once")]

    def __str__(self):
        return self.country.name


class SpecialtyQuerySet(models.QuerySet):
    def offered(self):
        return self.filter(is_offered=True)


class Specialty(models.Model):
    """A field of medicine. Only an offered one can be asked for: the centre never sells what it cannot give."""

    code = models.SlugField(_("code"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    is_offered = models.BooleanField(_("offered"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = SpecialtyQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("specialty"), _("specialties")
        ordering = ["position", "code"]

    def __str__(self):
        return self.name


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
    """Somebody who signs in: staff by password, a patient or relative by a code sent to the address."""

    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=200)
    office = models.ForeignKey(
        Office, on_delete=models.PROTECT, null=True, blank=True, related_name="staff", verbose_name=_("office")
    )
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    language = models.CharField(_("language"), max_length=12, choices=settings.LANGUAGES, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC", validators=[validate_time_zone])
    qualified_languages = ArrayField(
        models.CharField(max_length=12),
        verbose_name=_("languages qualified to review"),
        default=list,
        blank=True,
        validators=[validate_languages],
        help_text=_("Languages whose translations this person may release, as codes."),
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
