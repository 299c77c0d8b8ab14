"""Writing to the office."""

from django import forms
from django.utils.translation import gettext_lazy as _

from offices.kit.ids import new_id
from patients.portal.fields import PlainTextField
from patients.portal.forms.base import LONGEST_TEXT, PortalForm


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
