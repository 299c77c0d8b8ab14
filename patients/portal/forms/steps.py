"""A form for each step of the intake, made from its questions."""

from datetime import date

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from offices.directory.models import Programme, Specialty
from patients.intake.form.kinds import Answers, Kind, Question, Step
from patients.portal import choices
from patients.portal.dates import BirthDateField, PartsDateField
from patients.portal.fields import CompactSelect, PlainTextField, parse_phone
from patients.portal.forms.base import LONGEST_EMAIL, PortalForm, text_field

TOO_LONG = _("This text is too long: it has %(show_value)d characters, and %(limit_value)d fit.")
NOT_OFFERED = _("We cannot offer care in this specialty. Choose another one.")
NO_SUCH_PROGRAMME = _("We do not offer this programme. Choose another one, or none.")


class StepForm(PortalForm):
    """`answers` are those of the whole request so far. `typed` was typed before and never sent: it is shown again.

    `seen` is the version of the step that the page shows.
    """

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(self, step: Step, answers: Answers, data=None, *, typed=None, seen: int = 0):
        super().__init__(data, initial={"seen": seen})
        self.step, self.answers = step, answers
        for question in step.questions:
            field = self.fields[question.code] = _FIELDS[question.kind](question, answers)
            if question.kind != Kind.YES:
                field.required = question.is_required
            self.initial[question.code] = answers.get(question.code, self._suggested(question))
        for name, value in self._typed_values(typed or {}):
            self.initial[name] = value

    def _suggested(self, question: Question):
        if question.kind == Kind.LANGUAGE:
            return get_language()
        if question.kind == Kind.TIME_ZONE:
            return choices.only_time_zone(self.answers.get("residence_country", ""))
        return None

    def _typed_values(self, typed):
        for question in self.step.questions if typed else ():
            widget = self.fields[question.code].widget
            yield question.code, widget.value_from_datadict(MultiValueDict(typed), {}, question.code)

    @property
    def shown_fields(self):
        """(question, bound field), in order."""
        return [(question, self[question.code]) for question in self.step.questions]

    def clean(self):
        data = super().clean()
        for question in self.step.questions:
            if question.kind == Kind.PHONE and data.get(question.code):
                self._clean_part(question.code, self._clean_phone)
        checks = {"name": self._clean_name, "medicines": self._clean_none, "allergies": self._clean_none}
        if check := checks.get(self.step.code):
            check(data)
        return data

    def _clean_part(self, name, clean):
        try:
            self.cleaned_data[name] = clean(self.cleaned_data[name])
        except ValidationError as error:
            self.add_error(name, error)

    def _clean_phone(self, typed: str) -> str:
        return parse_phone(typed, self.answers.get("residence_country", ""))

    def _clean_name(self, data) -> None:
        if not (data.get("given_names") or data.get("family_name")) and not {"given_names", "family_name"} & set(
            self.errors
        ):
            self.add_error("given_names", _("Enter the given names or the family name. One of them is enough."))

    def _clean_none(self, data) -> None:
        text = self.step.code
        if data.get(text) and data.get(f"no_{text}"):
            self.add_error(f"no_{text}", _("You wrote something above. Take the tick away, or empty the text."))

    def new_answers(self) -> dict:
        """The answers of this step as they are kept; an open question is an empty answer."""
        kept = {}
        for question in self.step.questions:
            value = self.cleaned_data.get(question.code)
            kept[question.code] = value.isoformat() if isinstance(value, date) else value
        return {code: "" if value is None else value for code, value in kept.items()}


def _line(question, answers):
    widget = forms.TelInput if question.kind == Kind.PHONE else forms.TextInput
    return text_field(
        question.label,
        max_length=question.max_length,
        autocomplete=question.autocomplete,
        dir=question.dir,
        widget=widget,
        help_text=question.hint,
        error_messages={"required": question.missing},
    )


def _text(question, answers):
    return PlainTextField(
        label=question.label,
        max_length=question.max_length,
        widget=forms.Textarea(attrs={"rows": 6, "dir": "auto"}),
        help_text=question.hint,
        error_messages={"required": question.missing, "max_length": TOO_LONG},
    )


def _choice(question, answers):
    return forms.ChoiceField(
        label=question.label,
        choices=[(code, capfirst(name)) for code, name in question.choices],
        widget=forms.RadioSelect,
        help_text=question.hint,
        error_messages={"required": question.missing},
    )


def _choices(question, answers):
    return forms.MultipleChoiceField(
        label=question.label,
        choices=[(code, capfirst(name)) for code, name in question.choices],
        widget=forms.CheckboxSelectMultiple,
        help_text=question.hint,
    )


def _yes(question, answers):
    return forms.BooleanField(label=question.label, required=False)


def _date(question, answers):
    return PartsDateField(label=question.label, help_text=question.hint)


def _birth_date(question, answers):
    return BirthDateField(label=question.label, help_text=question.hint, error_messages={"required": question.missing})


def _select(question, offered):
    return forms.ChoiceField(
        label=question.label,
        choices=offered,
        widget=CompactSelect(attrs={"autocomplete": question.autocomplete}),
        help_text=question.hint,
        error_messages={"required": question.missing},
    )


def _country(question, answers):
    return _select(question, [("", _("Choose")), *choices.country_choices(get_language())])


def _language(question, answers):
    return _select(question, choices.language_choices(get_language()))


class TimeZoneField(forms.ChoiceField):
    """The list's zones, and any other that the browser named."""

    def valid_value(self, value):
        return super().valid_value(value) or value in choices.known_time_zones()


def _time_zone(question, answers):
    zones = [("", _("Choose")), *choices.time_zone_choices(get_language(), timezone.now().date())]
    named = answers.get(question.code, "")
    if named and named not in choices.TIME_ZONES:
        zones.append((named, named.rpartition("/")[2].replace("_", " ")))
    return TimeZoneField(label=question.label, choices=zones, widget=CompactSelect, help_text=question.hint)


def _email(question, answers):
    return forms.EmailField(
        label=question.label,
        max_length=LONGEST_EMAIL,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
        help_text=question.hint,
        error_messages={
            "required": question.missing,
            "invalid": _("Check the e-mail address. It should look like name@example.com."),
        },
    )


def _radios(question, offered, refusal):
    return forms.ChoiceField(
        label=question.label,
        choices=offered,
        widget=forms.RadioSelect,
        help_text=question.hint,
        error_messages={"required": question.missing, "invalid_choice": refusal},
    )


def _specialty(question, answers):
    return _radios(question, [(row.code, row.name) for row in Specialty.objects.offered()], NOT_OFFERED)


def _programme(question, answers):
    offered = Programme.objects.offered().filter(specialty__code=answers.get("specialty", ""))
    named = [(row.code, row.name) for row in offered]
    return _radios(question, [*named, ("", _("None in particular"))], NO_SUCH_PROGRAMME)


_FIELDS = {
    Kind.LINE: _line,
    Kind.TEXT: _text,
    Kind.CHOICE: _choice,
    Kind.CHOICES: _choices,
    Kind.YES: _yes,
    Kind.DATE: _date,
    Kind.BIRTH_DATE: _birth_date,
    Kind.COUNTRY: _country,
    Kind.LANGUAGE: _language,
    Kind.TIME_ZONE: _time_zone,
    Kind.PHONE: _line,
    Kind.EMAIL: _email,
    Kind.SPECIALTY: _specialty,
    Kind.PROGRAMME: _programme,
}
