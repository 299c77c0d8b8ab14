"""What every form of the portal shares."""

from django import forms

from patients.portal.fields import LineField

LONGEST_TEXT = 5000
LONGEST_EMAIL = 254  # RFC 5321


class PortalForm(forms.Form):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)

    @property
    def error_links(self) -> list[tuple[str, str]]:
        """(id of the field or "", message) of every error, in the order of the page: the summary's content."""
        names = [name for name in self.fields if name in self.errors]
        links = [("", message) for message in self.non_field_errors()]
        return links + [(_first_id(self[name]), message) for name in names for message in self.errors[name]]


def _first_id(field: forms.BoundField) -> str:
    """Of the control, or of the first of several; Django gives a group of radios no id to lead to."""
    return field.id_for_label or f"{field.auto_id}_0"


def text_field(label, *, max_length=200, autocomplete="off", required=False, dir="auto", **options):
    widget = options.pop("widget", forms.TextInput)(attrs={"autocomplete": autocomplete, "dir": dir})
    return LineField(label=label, max_length=max_length, required=required, widget=widget, **options)
