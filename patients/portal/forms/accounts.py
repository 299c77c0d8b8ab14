"""Signing in, and coming back to a request that is being written."""

from django import forms
from django.utils.translation import gettext_lazy as _

from offices.kit.languages import ascii_digits
from patients.portal.forms.base import LONGEST_EMAIL, PortalForm


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


class WayBackForm(PortalForm):
    """Where the link and the code that lead back to a draft are mailed."""

    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=LONGEST_EMAIL,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
        help_text=_("We mail you a link and a code. With either you go on, on this or another device."),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Check the e-mail address. It should look like name@example.com."),
        },
    )


class ResumeForm(CodeForm):
    email = forms.EmailField(
        label=_("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "dir": "ltr"}),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Check the e-mail address. It should look like name@example.com."),
        },
    )
    field_order = ["email", "code"]
