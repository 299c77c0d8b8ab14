"""Regions and offices: where the department works, when, for whom, and how it is reached."""

from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from offices.directory.models.validators import validate_holiday_country, validate_languages, validate_time_zone
from offices.kit.clock import Day, WorkingCalendar


class Weekday(models.IntegerChoices):
    """ISO 8601 weekdays."""

    MONDAY = 1, _("Monday")
    TUESDAY = 2, _("Tuesday")
    WEDNESDAY = 3, _("Wednesday")
    THURSDAY = 4, _("Thursday")
    FRIDAY = 5, _("Friday")
    SATURDAY = 6, _("Saturday")
    SUNDAY = 7, _("Sunday")


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


class OfficeQuerySet(models.QuerySet):
    def with_calendar(self):
        """With what `Office.calendar` reads."""
        return self.prefetch_related("hours", "own_days")

    def listed(self):
        """In the order in which they are shown: the fallback office, which is the centre's own, last."""
        return self.order_by("is_fallback", "region__position", "code")


class Office(models.Model):
    """A regional office. It guides and arranges; it gives no clinical care. Its hours are in `time_zone`."""

    code = models.SlugField(_("code"), unique=True)
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="offices", verbose_name=_("region"))
    name = models.CharField(_("name"), max_length=120)
    city = models.CharField(_("city"), max_length=120)
    address = models.TextField(_("address"), blank=True)
    latitude = models.DecimalField(
        _("latitude"), max_digits=6, decimal_places=3, null=True, blank=True,
        validators=[MinValueValidator(-90), MaxValueValidator(90)],
    )  # fmt: skip
    longitude = models.DecimalField(
        _("longitude"), max_digits=6, decimal_places=3, null=True, blank=True,
        validators=[MinValueValidator(-180), MaxValueValidator(180)],
    )  # fmt: skip
    does = models.TextField(_("what it does"), blank=True, help_text=_("One thing a line."))
    does_not = models.TextField(_("what it does not do"), blank=True, help_text=_("One thing a line."))
    time_zone = models.CharField(_("time zone"), max_length=64, validators=[validate_time_zone])
    languages = ArrayField(
        models.CharField(max_length=12),
        verbose_name=_("languages spoken"),
        default=list,
        validators=[validate_languages],
    )
    holiday_country = models.CharField(
        _("public holidays of"), max_length=2, blank=True, validators=[validate_holiday_country]
    )
    email = models.EmailField(_("e-mail"))
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    is_fallback = models.BooleanField(_("takes what no other office serves"), default=False)

    objects = OfficeQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("office"), _("offices")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_fallback"], condition=Q(is_fallback=True), name="office_one_fallback"
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__isnull=False, longitude__isnull=False),
                name="office_place_is_whole",
                violation_error_message=_("Give both the latitude and the longitude, or neither."),
            ),
        ]  # fmt: skip

    def __str__(self):
        return self.name

    @property
    def calendar(self) -> WorkingCalendar:
        week: list[Day] = [() for _day in Weekday]
        for hours in sorted(self.hours.all(), key=lambda hours: (hours.weekday, hours.opens_at)):
            day = week[hours.weekday - 1]
            if day and hours.opens_at <= day[-1][1]:
                week[hours.weekday - 1] = (*day[:-1], (day[-1][0], max(day[-1][1], hours.closes_at)))
            else:
                week[hours.weekday - 1] = (*day, (hours.opens_at, hours.closes_at))
        return WorkingCalendar(
            time_zone=self.time_zone,
            week=tuple(week),
            holiday_country=self.holiday_country,
            own_days=tuple((own.day, own.spans) for own in self.own_days.all()),
        )

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


def _opens_before_closing(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(opens_at__lt=F("closes_at")),
        name=name,
        violation_error_message=_("An office opens before it closes."),
    )


class OfficeHours(models.Model):
    """One stretch of work on a weekday, in the office's time zone. Two on one day leave a pause between them."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="hours", verbose_name=_("office"))
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday.choices)
    opens_at = models.TimeField(_("opens at"))
    closes_at = models.TimeField(_("closes at"))

    class Meta:
        verbose_name, verbose_name_plural = _("opening hours"), _("opening hours")
        ordering = ["weekday", "opens_at"]
        constraints = [
            models.UniqueConstraint(fields=["office", "weekday", "opens_at"], name="office_hours_once"),
            _opens_before_closing("office_opens_before_closing"),
        ]

    def __str__(self):
        return f"{self.get_weekday_display()} {self.opens_at:%H:%M}–{self.closes_at:%H:%M}"

    def clean(self):
        if self.office_id is None or not (self.weekday and self.opens_at and self.closes_at):
            return
        same_time = OfficeHours.objects.filter(
            office=self.office_id, weekday=self.weekday, opens_at__lt=self.closes_at, closes_at__gt=self.opens_at
        )
        if same_time.exclude(pk=self.pk).exists():
            raise ValidationError(_("These hours overlap others of the same day."))


class OfficeDay(models.Model):
    """A day of an office's own, which stands over its week and the public holidays: closed, or open at other hours."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="own_days", verbose_name=_("office"))
    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=120, blank=True)
    opens_at = models.TimeField(_("opens at"), null=True, blank=True, help_text=_("Empty: closed all day."))
    closes_at = models.TimeField(_("closes at"), null=True, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("special day"), _("special days")
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(fields=["office", "day"], name="office_day_once"),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True, closes_at__isnull=True)
                | Q(opens_at__isnull=False, closes_at__isnull=False, opens_at__lt=F("closes_at")),
                name="office_day_opens_before_closing",
                violation_error_message=_("Give opening and closing, the first before the second, or neither."),
            ),
        ]

    def __str__(self):
        return f"{self.day:%Y-%m-%d} {self.name}".strip()

    @property
    def spans(self) -> Day:
        return ((self.opens_at, self.closes_at),) if self.opens_at else ()


class ChannelKind(models.TextChoices):
    WHATSAPP = "whatsapp", "WhatsApp"
    WECHAT = "wechat", "WeChat"
    LINE = "line", "LINE"
    TELEGRAM = "telegram", "Telegram"
    FAX = "fax", _("fax")


class OfficeChannel(models.Model):
    """Another way to reach an office, beside e-mail and telephone."""

    office = models.ForeignKey(Office, on_delete=models.CASCADE, related_name="channels", verbose_name=_("office"))
    kind = models.CharField(_("kind"), max_length=12, choices=ChannelKind.choices)
    address = models.CharField(_("number or name there"), max_length=120)

    class Meta:
        verbose_name, verbose_name_plural = _("channel"), _("channels")
        ordering = ["kind", "address"]
        constraints = [models.UniqueConstraint(fields=["office", "kind", "address"], name="office_channel_once")]

    def __str__(self):
        return f"{self.get_kind_display()} {self.address}"


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
