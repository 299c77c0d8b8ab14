from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from offices.directory.models import Office
from offices.kit.ids import new_id
from offices.kit.languages import language_name, page_language
from patients.cases.models import Case, Stage
from patients.records.models import Document, DocumentKind

LONGEST_MESSAGE = 5000


class StageForm(forms.Form):
    """`seen` is the stage that the page showed, so that nobody moves a case that a colleague has just moved."""

    to = forms.ChoiceField(label=_("Move to"))
    seen = forms.ChoiceField(choices=Stage.choices, widget=forms.HiddenInput)

    def __init__(self, case: Case, data=None):
        super().__init__(data, initial={"seen": case.stage})
        self.fields["to"].choices = Stage.choices if self.is_bound else [(s.value, s.label) for s in case.next_stages]


class HandoverForm(forms.Form):
    """`seen` is the office that the page showed, so that nobody moves a case that a colleague has just moved."""

    to = forms.ModelChoiceField(label=_("To the office"), queryset=Office.objects.none(), to_field_name="code")
    note = forms.CharField(
        label=_("What your colleagues must know"),
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )
    seen = forms.SlugField(widget=forms.HiddenInput)

    def __init__(self, case: Case, data=None):
        super().__init__(data, prefix="handover", initial={"seen": case.office.code})
        offices = Office.objects.listed()
        self.fields["to"].queryset = offices if self.is_bound else offices.exclude(pk=case.office_id)


class MessageForm(forms.Form):
    """A message of the team, in English or in the patient's language. `message_id` makes a second sending the same."""

    text = forms.CharField(
        label=_("Message to the patient"),
        max_length=LONGEST_MESSAGE,
        widget=forms.Textarea(attrs={"rows": 5, "dir": "auto"}),
    )
    language = forms.ChoiceField(label=_("I write in"), widget=forms.RadioSelect)
    message_id = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, case: Case, data=None):
        super().__init__(data, initial={"message_id": new_id()})
        codes = dict.fromkeys(["en", page_language(case.patient.language)])
        self.fields["language"].choices = [(code, language_name(code)) for code in codes]
        if len(codes) == 1:
            self.initial["language"] = "en"


class DocumentForm(forms.Form):
    """The kind and the date of a document, as a person has seen them in it."""

    kind = forms.ChoiceField(label=_("Kind"), choices=DocumentKind.choices)
    dated_on = forms.DateField(
        label=_("Date of the document"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, document: Document, data=None):
        super().__init__(
            data,
            prefix=f"document-{document.pk}",
            initial={"kind": document.kind, "dated_on": document.dated_on},
        )
        self.document = document

    def clean_dated_on(self):
        dated_on = self.cleaned_data["dated_on"]
        if dated_on and dated_on > timezone.localdate() + timedelta(days=1):
            raise ValidationError(_("A document cannot be dated in the future."))
        return dated_on


class FilesInput(forms.FileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files; `clean` gives a list. Empty ones are taken too: whoever receives them says what is wrong."""

    widget = FilesInput

    def __init__(self, **options):
        super().__init__(allow_empty_file=True, **options)

    def clean(self, data, initial=None):
        files = data if isinstance(data, list) else [data]
        return [super(FilesField, self).clean(file, initial) for file in files] or super().clean(None, initial)


class UploadForm(forms.Form):
    """Files that came to the office on another way."""

    files = FilesField(label=_("Files for the patient"))
