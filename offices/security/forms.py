from django import forms
from django.utils.translation import gettext_lazy as _


class CodeForm(forms.Form):
    """`label` says which code is asked for."""

    code = forms.CharField(
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "dir": "ltr", "autofocus": True}
        ),
        error_messages={
            "required": _("Type the code."),
            "max_length": _("This code is not right."),
        },
    )

    def __init__(self, *args, label, **kwargs):
        super().__init__(*args, label_suffix="", **kwargs)
        self.fields["code"].label = label


class PasskeyForm(forms.Form):
    """`credential` is what the browser's passkey answered, put there by static/js/passkeys.js."""

    name = forms.CharField(
        label=_("Name of the passkey"),
        max_length=60,
        widget=forms.TextInput(attrs={"dir": "auto"}),
        help_text=_("So that you know it again, such as “My phone”."),
        error_messages={"required": _("Give it a name.")},
    )
    credential = forms.JSONField(
        widget=forms.HiddenInput,
        error_messages={
            "required": _("The passkey could not be added. Try again."),
            "invalid": _("The passkey could not be added. Try again."),
        },
    )
