"""The agreements, each its own tick."""

from collections.abc import Mapping, Sequence

from django import forms
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from patients.intake.consents import ConsentText
from patients.portal.forms.base import PortalForm

MISSING = _("Without your agreement we may not read your request. Tick the box to agree.")


class AgreementForm(PortalForm):
    """`given` is {kind: {version, language, at}}: a tick for a text that has changed since is not a tick."""

    seen = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0)

    def __init__(self, texts: Sequence[ConsentText], given: Mapping, data=None, *, typed=None, seen: int = 0):
        super().__init__(data, initial={"seen": seen})
        self.texts, self.given = texts, given
        for text in texts:
            self.fields[self._name(text)] = forms.BooleanField(
                label=text.label, required=text.is_required, error_messages={"required": MISSING}
            )
            self.initial[self._name(text)] = text.is_in(self.given) or self._name(text) in (typed or {})

    @property
    def shown_texts(self):
        """(text, bound field), in order."""
        return [(text, self[self._name(text)]) for text in self.texts]

    @property
    def given_texts(self) -> list[ConsentText]:
        return [text for text in self.texts if text.is_in(self.given)]

    def new_answers(self) -> dict:
        """`{"consents": given}`; who ticked the same text before ticked it then."""
        now = {"language": get_language(), "at": timezone.now().isoformat()}
        ticked = [text for text in self.texts if self.cleaned_data.get(self._name(text))]
        return {
            "consents": {
                text.kind: self.given[text.kind] if text.is_in(self.given) else {"version": text.version, **now}
                for text in ticked
            }
        }

    def _name(self, text: ConsentText) -> str:
        return f"consent_{text.kind}"
