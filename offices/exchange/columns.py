"""How one field of a table stands in a cell of a file, and back. Nothing here depends on the reader's language."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import ProhibitNullCharactersValidator
from django.db import models
from django.utils.translation import gettext as _
from import_export.widgets import CachedForeignKeyWidget, SimpleArrayWidget, Widget

LIST_SEPARATOR = "|"


def column_name(field: models.Field) -> str:
    """The field's column in a file: a text in Indonesian is `name_id`, of which the field is `name_ind`."""
    original = getattr(field, "translated_field", None)
    return f"{original.name}_{field.language.replace('-', '_')}" if original else field.name


def widget_for(field: models.Field) -> Widget:
    if isinstance(field, models.ForeignKey):
        return CodeWidget(field.related_model, field="code")
    return ListWidget() if isinstance(field, ArrayField) else CellWidget(field)


def _cell_text(value) -> str:
    """The cell as text. Raises ValueError, in the reader's words, for what is none."""
    if isinstance(value, list | dict):
        raise ValueError(_("Give one value here, not several."))
    text = "" if value is None else str(value)
    try:
        text.encode()
        ProhibitNullCharactersValidator()(text)
    except (UnicodeEncodeError, ValidationError) as error:
        raise ValueError(_("This cell holds characters that are no text.")) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


class CellWidget(Widget):
    """A cell that the model's field itself reads: times as 09:00, days as 2026-03-02, truths as true and false."""

    def __init__(self, field: models.Field):
        super().__init__()
        self.field = field

    def clean(self, value, row=None, **kwargs):
        text = _cell_text(value)
        if isinstance(self.field, models.CharField | models.TextField):
            return text
        text = text.strip()
        if not text:
            if not self.field.null:
                raise ValueError(self.field.error_messages["null"])
            return None
        if isinstance(self.field, models.BooleanField):
            text = text.capitalize()
        try:
            return self.field.clean(text, None)
        except ValidationError as error:
            raise ValueError(" ".join(error.messages)) from error

    def render(self, value, obj=None, *, native=False, **kwargs):
        """The value as text; for JSON (`native`) numbers, truths and what is not there as such."""
        if value is None:
            is_text = isinstance(self.field, models.CharField | models.TextField)
            return None if native and not is_text else ""
        if isinstance(value, bool):
            return value if native else str(value).lower()
        if isinstance(value, Decimal):
            return float(value) if native else f"{value.normalize():f}"
        if isinstance(value, int):
            return value if native else str(value)
        if isinstance(self.field, models.TimeField):
            return value.isoformat() if value.second or value.microsecond else f"{value:%H:%M}"
        return str(getattr(value, "code", value)).replace("\r\n", "\n").replace("\r", "\n")


class ListWidget(SimpleArrayWidget):
    """A list: `es|en|pt-br` in CSV, a list in JSON."""

    def __init__(self):
        super().__init__(separator=LIST_SEPARATOR)

    def clean(self, value, row=None, **kwargs):
        parts = value if isinstance(value, list) else _cell_text(value).split(self.separator)
        return [part for part in (_cell_text(part).strip() for part in parts) if part]

    def render(self, value, obj=None, *, native=False, **kwargs):
        return list(value or ()) if native else super().render(value)


class CodeWidget(CachedForeignKeyWidget):
    """A row of another table, named by its code."""

    def clean(self, value, row=None, **kwargs):
        code = _cell_text(value).strip()
        try:
            return super().clean(code, row, **kwargs)
        except self.model.DoesNotExist as error:
            text = _("“%(table)s” has no row with the code “%(code)s”.")
            raise ValueError(text % {"table": self.model._meta.verbose_name_plural, "code": code}) from error

    def render(self, value, obj=None, *, native=False, **kwargs):
        code = super().render(value)
        return None if native and not code else code or ""
