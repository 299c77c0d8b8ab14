from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from offices.kit.names import without_bidi_controls
from patients.intake.models import MatchState, Patient, PatientMatch, Relation
from patients.intake.people import IDENTITY

LONGEST_NOTE = 2000


class RepresentativeForm(forms.Form):
    """Who acts for the patient too, and by what right."""

    name = forms.CharField(label=_("Name"), max_length=200)
    email = forms.EmailField(label=_("E-mail"))
    relation = forms.ChoiceField(label=_("Relation to the patient"), choices=Relation.choices)
    authority = forms.CharField(
        label=_("Authority to act"),
        help_text=_("What shows it, such as a power of attorney or a birth certificate, and who has seen it."),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"}),
    )
    language = forms.ChoiceField(label=_("Language of the mails"), choices=settings.LANGUAGES)

    def __init__(self, patient: Patient, data=None):
        super().__init__(data, prefix="representative", initial={"language": patient.language})

    def clean_name(self):
        return without_bidi_controls(self.cleaned_data["name"])

    def clean(self):
        """Whoever is not the patient needs a right to act."""
        cleaned = super().clean()
        if cleaned.get("relation") not in (None, Relation.SELF) and not cleaned.get("authority", "").strip():
            self.add_error("authority", _("Write what shows that this person may act for the patient."))
        return cleaned


class IdentityForm(forms.ModelForm):
    """The person as in the passport."""

    class Meta:
        model = Patient
        fields = IDENTITY
        widgets = {"birth_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, patient: Patient, data=None):
        super().__init__(data, instance=Patient.objects.get(pk=patient.pk), prefix="identity")
        for name in ("given_names", "family_name", "native_name", "called"):
            self.fields[name].widget.attrs["dir"] = "auto"

    def clean_birth_date(self):
        if self.cleaned_data["birth_date"] > timezone.localdate():
            raise ValidationError(_("A birth date cannot be in the future."))
        return self.cleaned_data["birth_date"]

    def clean(self):
        cleaned = super().clean()
        for name in ("given_names", "family_name", "native_name", "called"):
            cleaned[name] = without_bidi_controls(cleaned.get(name, "")).strip()
        if not (cleaned["given_names"] or cleaned["family_name"]):
            raise ValidationError(_("Write at least one name."))
        return cleaned


class DecisionForm(forms.Form):
    """What a person of the team says of two patients, and why. `seen` is the state that the page showed."""

    note = forms.CharField(
        label=_("Why"), max_length=LONGEST_NOTE, widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    )
    seen = forms.ChoiceField(choices=MatchState.choices, widget=forms.HiddenInput)
    state = forms.ChoiceField(
        choices=[row for row in MatchState.choices if row[0] != MatchState.PROPOSED], required=False
    )

    def __init__(self, match: PatientMatch, data=None):
        super().__init__(data, initial={"seen": match.state})
