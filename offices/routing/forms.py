from datetime import UTC, datetime

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from offices.directory.models import Specialty
from offices.kit.languages import spoken_choices
from offices.routing.models import RoutingRule
from offices.routing.needs import Need, Pathway, Urgency

# The working calendars cannot count to the ends of time.
CALENDARS_FROM, CALENDARS_UNTIL = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class RuleForm(forms.ModelForm):
    """Codes are chosen by name."""

    countries = forms.MultipleChoiceField(label=_("Countries of residence"), required=False, choices=[])
    languages = forms.MultipleChoiceField(label=_("Languages"), required=False, choices=[])
    pathways = forms.MultipleChoiceField(
        label=_("Pathways"), required=False, choices=Pathway.choices, widget=forms.CheckboxSelectMultiple
    )
    urgencies = forms.MultipleChoiceField(
        label=_("Urgencies"), required=False, choices=Urgency.choices, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = RoutingRule
        fields = [
            "name", "position", "countries", "languages", "specialties", "pathways", "urgencies", "office",
            "requirements", "valid_from", "valid_until",
        ]  # fmt: skip

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "countries" in self.fields:
            self.fields["countries"].choices = list(countries)
            self.fields["languages"].choices = spoken_choices()


class NeedForm(forms.Form):
    """A request to try the rules with. `at` is read in the time zone of whoever asks."""

    country = forms.ChoiceField(label=_("Country of residence"))
    language = forms.ChoiceField(label=_("Language"))
    specialty = forms.ModelChoiceField(label=_("Specialty"), queryset=Specialty.objects.all(), to_field_name="code")
    pathway = forms.ChoiceField(label=_("Pathway"), choices=Pathway.choices)
    urgency = forms.ChoiceField(label=_("Urgency"), choices=Urgency.choices)
    at = forms.DateTimeField(
        label=_("Arrives at"), widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        validators=[MinValueValidator(CALENDARS_FROM), MaxValueValidator(CALENDARS_UNTIL)],
    )  # fmt: skip

    def __init__(self, data=None):
        super().__init__(data, initial={"at": timezone.localtime().replace(second=0, microsecond=0)})
        self.fields["country"].choices = list(countries)
        self.fields["language"].choices = spoken_choices()

    def need(self) -> Need:
        data = self.cleaned_data
        return Need(data["country"], data["language"], data["specialty"].code, data["pathway"], data["urgency"])
