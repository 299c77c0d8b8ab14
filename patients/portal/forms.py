"""The forms of the portal. They parse and say what is missing; the services decide."""

from itertools import groupby
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from offices.directory.models import Programme, Specialty
from offices.kit.ids import new_id
from offices.kit.languages import ascii_digits
from patients.intake.models import Sex
from patients.intake.services import ConsentDetails, ContactDetails, NeedDetails, PatientDetails
from patients.portal import choices
from patients.portal.fields import CompactSelect, LineField, PlainTextField, parse_birth_date, parse_phone

CONSENT_KIND = "treatment_inquiry"
# Change it with every change of the wording in templates/portal/consent.html.
CONSENT_TEXT_VERSION = "2026-11-24"
LONGEST_TEXT = 5000


class PortalForm(forms.Form):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)

    @property
    def error_links(self) -> list[tuple[str, str]]:
        """(id of the field or "", message) of every error, in the order of the page: the summary's content."""
        names = [name for name in self.fields if name in self.errors]
        links = [("", message) for message in self.non_field_errors()]
        return links + [(self[name].id_for_label, message) for name in names for message in self.errors[name]]


def _text(label, *, max_length=200, autocomplete="off", required=False, dir="auto", **options):
    widget = options.pop("widget", forms.TextInput)(attrs={"autocomplete": autocomplete, "dir": dir})
    return LineField(label=label, max_length=max_length, required=required, widget=widget, **options)


class RequestForm(PortalForm):
    """A request for care. `details()` gives what patients.cases.services.submit_request takes."""

    submission_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    website = _text(_("Leave this field empty"))

    given_names = _text(_("Given names"), autocomplete="given-name")
    family_name = _text(_("Family name"), autocomplete="family-name")
    native_name = _text(
        _("Full name in your own script"), help_text=_("For example in Arabic, Chinese or Cyrillic letters.")
    )
    birth_day = _text(_("Day"), max_length=2, autocomplete="bday-day", dir="ltr")
    birth_month = forms.ChoiceField(
        label=_("Month"), required=False, widget=CompactSelect(attrs={"autocomplete": "bday-month"})
    )
    birth_year = _text(_("Year"), max_length=4, autocomplete="bday-year", dir="ltr")
    sex = forms.ChoiceField(label=_("Sex"), required=False)
    residence_country = forms.ChoiceField(
        label=_("Country where the patient lives"),
        widget=CompactSelect(attrs={"autocomplete": "country"}),
        error_messages={"required": _("Choose the country where the patient lives.")},
    )
    language = forms.ChoiceField(
        label=_("Language we should write in"),
        widget=CompactSelect,
        help_text=_("We write in the eight languages of this site. If you choose another one, we write in English."),
        error_messages={"required": _("Choose the language we should write in.")},
    )

    email = forms.EmailField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
        help_text=_("We send our answer here. You also need it to open your case on this site."),
        error_messages={
            "required": _("Enter an e-mail address, so that we can answer you."),
            "invalid": _("Check the e-mail address. It should look like name@example.com."),
        },
    )
    phone = _text(
        _("Phone number"),
        max_length=40,
        autocomplete="tel",
        dir="ltr",
        widget=forms.TelInput,
        help_text=_("With the country code if you can. A number of the country above is understood without it."),
    )
    time_zone = forms.ChoiceField(
        label=_("Your time zone"),
        required=False,
        widget=CompactSelect,
        help_text=_("So that we tell you times as your clock shows them."),
    )

    specialty = forms.ModelChoiceField(
        label=_("What kind of care is needed?"),
        queryset=Specialty.objects.none(),
        to_field_name="code",
        widget=CompactSelect,
        help_text=_("If you are not sure, choose the nearest one. We also read your own words."),
        error_messages={
            "required": _("Choose the kind of care that is needed."),
            "invalid_choice": _("We cannot offer care in this specialty. Choose another one."),
        },
    )
    programme = forms.ModelChoiceField(
        label=_("Programme or treatment"),
        queryset=Programme.objects.none(),
        to_field_name="code",
        required=False,
        widget=CompactSelect,
        help_text=_("Only if you already know it. It belongs to the kind of care above."),
        error_messages={"invalid_choice": _("We do not offer this programme. Choose another one, or none.")},
    )
    words = PlainTextField(
        label=_("What has happened, and what do you hope for?"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 8, "dir": "auto"}),
        help_text=_("Write in your own words and your own language. You can send records and images later."),
        error_messages={
            "required": _("Tell us in your own words what care is needed."),
            "max_length": _("This text is too long: it has %(show_value)d characters, and %(limit_value)d fit."),
        },
    )
    sender_name = _text(_("Your name, if you write for someone else"), max_length=400, autocomplete="name")
    consent = forms.BooleanField(
        label=_("I have read this and I agree"),
        error_messages={"required": _("Without your agreement we may not read your request. Tick the box to agree.")},
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        language, today = get_language(), timezone.now().date()
        empty = ("", _("Choose"))
        self.fields["birth_month"].choices = [empty, *choices.month_choices(language)]
        self.fields["sex"].choices = [
            ("", _("Not stated")),
            *((value, capfirst(name)) for value, name in Sex.choices[1:]),
        ]
        self.fields["residence_country"].choices = [empty, *choices.country_choices(language)]
        self.fields["language"].choices = choices.language_choices(language)
        self.fields["language"].initial = language
        self.fields["time_zone"].choices = self._time_zones(language, today)
        self.fields["specialty"].queryset = Specialty.objects.offered()
        self.fields["specialty"].empty_label = empty[1]
        self._offer_programmes()
        self.fields["submission_id"].initial = uuid4

    def _offer_programmes(self):
        """The programmes under the names of their specialties."""
        field = self.fields["programme"]
        field.queryset = Programme.objects.offered().select_related("specialty__lead", "lead")
        programmes = sorted(field.queryset, key=lambda programme: programme.specialty.position)
        groups = groupby(programmes, key=lambda programme: programme.specialty.name)
        field.choices = [("", _("None in particular"))] + [
            (name, [(programme.code, programme.name) for programme in group]) for name, group in groups
        ]

    def _time_zones(self, language, today):
        """The list's zones, and the one the browser named when it is not among them."""
        zones = [("", _("Choose")), *choices.time_zone_choices(language, today)]
        named = self.data.get("time_zone", "")
        if named in choices.known_time_zones() and named not in choices.TIME_ZONES:
            zones.append((named, named.rpartition("/")[2].replace("_", " ")))
        return zones

    def clean_website(self):
        if self.cleaned_data["website"]:
            raise ValidationError(_("Leave this field empty. It is there to stop automatic messages."))
        return ""

    def clean(self):
        data = super().clean()
        if not (data.get("given_names") or data.get("family_name")) and not {"given_names", "family_name"} & set(
            self.errors
        ):
            self.add_error("given_names", _("Enter the given names or the family name. One of them is enough."))
        self._clean_part("birth_day", self._clean_birth_date)
        self._clean_part("phone", self._clean_phone)
        country = data.get("residence_country", "")
        data["time_zone"] = data.get("time_zone") or choices.only_time_zone(country)
        return data

    def _clean_part(self, name, clean):
        try:
            clean()
        except ValidationError as error:
            self.add_error(name, error)

    def _clean_birth_date(self):
        if self.errors.keys() & {"birth_day", "birth_month", "birth_year"}:
            for name in ("birth_day", "birth_month", "birth_year"):
                self.errors.pop(name, None)
            day = month = year = "0"
        else:
            day, month, year = (self.cleaned_data[f"birth_{part}"] for part in ("day", "month", "year"))
        self.cleaned_data["birth_date"] = parse_birth_date(day, month, year, timezone.now().date())

    def _clean_phone(self):
        if self.cleaned_data.get("phone"):
            country = self.cleaned_data.get("residence_country", "")
            self.cleaned_data["phone"] = parse_phone(self.cleaned_data["phone"], country)

    @cached_property
    def submission(self) -> UUID:
        """The same page sent twice with the same content is one request; changed content is another one."""
        page = self.cleaned_data["submission_id"] or uuid4()
        content = sorted((name, str(value)) for name, value in self.cleaned_data.items() if name != "submission_id")
        return uuid5(page, repr(content))

    def details(self) -> dict:
        data = self.cleaned_data
        given, family = data["given_names"], data["family_name"]
        return {
            "patient": PatientDetails(
                given_names=given,
                family_name=family,
                native_name=data["native_name"],
                birth_date=data["birth_date"],
                sex=data["sex"] or Sex.UNKNOWN,
                residence_country=data["residence_country"],
                language=data["language"],
            ),
            "contact": ContactDetails(email=data["email"], phone=data["phone"], time_zone=data["time_zone"]),
            "need": NeedDetails(specialty=data["specialty"], programme=data["programme"], words=data["words"]),
            "consent": ConsentDetails(
                kind=CONSENT_KIND,
                text_version=CONSENT_TEXT_VERSION,
                language=get_language(),
                given_by=data["sender_name"] or " ".join(name for name in (given, family) if name),
                given_on=timezone.now().astimezone(ZoneInfo(data["time_zone"] or "UTC")).date(),
            ),
        }


class SignInForm(PortalForm):
    email = forms.EmailField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
        help_text=_("The address you gave us in your request."),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Check the e-mail address. It should look like name@example.com."),
        },
    )


class CodeForm(PortalForm):
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "dir": "ltr"}),
        error_messages={
            "required": _("Enter the code from the mail."),
            "max_length": _("This code is not right. Check the newest mail from us and try again."),
        },
    )

    def clean_code(self):
        """Digits of any script as 0 to 9, without spaces and dashes."""
        return ascii_digits(self.cleaned_data["code"])


class ReplyForm(PortalForm):
    """`message_id` makes a second sending of the same page the same message."""

    message_id = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=new_id)
    text = PlainTextField(
        label=_("Your message"),
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
        help_text=_("Write in your own language."),
        error_messages={
            "required": _("Write a message before you send it."),
            "max_length": _("This text is too long: it has %(show_value)d characters, and %(limit_value)d fit."),
        },
    )
