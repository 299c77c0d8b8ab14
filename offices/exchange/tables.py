"""The tables of the directory as files: what each holds, and how a row of a file becomes a row of the table.

Accounts are no part of it: they are personal data.
"""

from typing import NamedTuple

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError, models, transaction
from django.utils.translation import gettext as _
from import_export.fields import Field
from import_export.instance_loaders import BaseInstanceLoader
from import_export.resources import ModelResource, modelresource_factory
from modeltranslation.manager import get_translatable_fields_for_model
from modeltranslation.settings import DEFAULT_LANGUAGE
from modeltranslation.utils import build_localized_fieldname, get_translation_fields
from tablib import Dataset

from offices.directory.models import (
    Office,
    OfficeChannel,
    OfficeCountry,
    OfficeDay,
    OfficeHours,
    Physician,
    Programme,
    Region,
    ServiceLine,
    Specialty,
)
from offices.exchange.columns import column_name, widget_for

TRUTHS = {"true", "t", "1"}


class Change(NamedTuple):
    """`before` is None in a row that is new."""

    column: str
    before: str | None
    after: str


class KeyLoader(BaseInstanceLoader):
    """Finds rows by the columns that identify them, with one query for the whole file."""

    def __init__(self, resource, dataset=None):
        super().__init__(resource, dataset)
        self.rows = {resource.key_of_instance(row): row for row in resource.get_queryset()}

    def get_instance(self, row):
        return self.rows.get(self.resource.key_of_row(row))


class TableResource(ModelResource):
    """One table. Rows are found by their natural key and never deleted; each one that changes is fully validated.

    `lock` holds the table's rows until the caller's transaction ends.
    """

    class Meta:
        instance_loader_class = KeyLoader
        skip_unchanged = True
        skip_html_diff = True
        store_instance = True

    def __init__(self, *, lock: bool = False):
        super().__init__()
        self._lock = lock
        self._numbers: dict[tuple, int] = {}

    @classmethod
    def field_from_django_field(cls, field_name, django_field, readonly):
        return Field(attribute=field_name, column_name=column_name(django_field), widget=widget_for(django_field))

    @classmethod
    def table_model(cls) -> type[models.Model]:
        return cls._meta.model

    @property
    def columns(self) -> list[str]:
        return [field.column_name for field in self.get_import_fields()]

    @property
    def key_fields(self) -> list[Field]:
        return [self.fields[name] for name in self.get_import_id_fields()]

    def column_of(self, attribute: str) -> str:
        """The column of a model's field, "" for an error of the whole row."""
        if attribute in self.fields:
            return self.fields[attribute].column_name
        return "" if attribute == NON_FIELD_ERRORS else attribute

    def get_queryset(self):
        model = self._meta.model
        links = [name for name in self.fields if isinstance(model._meta.get_field(name), models.ForeignKey)]
        rows = model.objects.select_related(*links) if links else model.objects.all()
        rows = rows.order_by(*self.get_import_id_fields())
        return rows.select_for_update(of=["self"]) if self._lock else rows

    def key_of_instance(self, instance) -> tuple:
        return tuple(field.export(instance) for field in self.key_fields)

    def key_of_row(self, row) -> tuple | None:
        """None when a cell of it cannot be read."""
        try:
            return tuple(field.widget.render(field.clean(row)) for field in self.key_fields)
        except ValueError:
            return None

    def changes_between(self, before, after, *, is_new: bool) -> list[Change]:
        """What differs as a file would say it; of a new row, every cell that is not empty."""
        cells = [
            Change(field.column_name, None if is_new else field.export(before), field.export(after))
            for field in self.get_import_fields()
        ]
        return [cell for cell in cells if (cell.before or "") != cell.after]

    def in_order(self, numbers: list[int], dataset: Dataset) -> tuple[list[int], Dataset]:
        """The rows in the order in which they can be written: which office takes the rest can pass from one to another,
        so the one that has it no more comes first."""
        if "is_fallback" not in (dataset.headers or ()):
            return numbers, dataset
        place = dataset.headers.index("is_fallback")
        rows = sorted(zip(numbers, dataset, strict=True), key=lambda row: str(row[1][place]).strip().lower() in TRUTHS)
        return [number for number, _row in rows], Dataset(*(row for _number, row in rows), headers=dataset.headers)

    def before_import_row(self, row, *, numbers, row_number, **kwargs):
        key, number = self.key_of_row(row), numbers[row_number - 1]
        if key is None:
            return
        first = self._numbers.setdefault(key, number)
        if first != number:
            raise ValidationError(_("Row %(number)s already speaks of the same."), params={"number": first})

    def skip_row(self, instance, original, row, import_validation_errors=None):
        is_new = original.pk is None
        return not (is_new or import_validation_errors or self.changes_between(original, instance, is_new=False))

    def validate_instance(self, instance, import_validation_errors=None, validate_unique=True):
        """Besides the model's own validation: what must be filled is filled in English, whatever language one reads."""
        errors = dict(import_validation_errors or {})
        translated = get_translatable_fields_for_model(type(instance)) or []
        for name in translated:
            field, english = instance._meta.get_field(name), build_localized_fieldname(name, DEFAULT_LANGUAGE)
            if not field.blank and not getattr(instance, english) and english not in errors:
                errors[english] = [ValidationError(field.error_messages["blank"], code="blank")]
        try:
            instance.full_clean(exclude={*errors, *translated}, validate_unique=validate_unique)
        except ValidationError as error:
            errors = error.update_error_dict(errors)
        if errors:
            raise ValidationError(errors)

    def do_instance_save(self, instance, is_create):
        try:
            with transaction.atomic():
                super().do_instance_save(instance, is_create)
        except DatabaseError as error:
            text = _("The database refuses this row. A colleague may be changing it just now; try again.")
            raise ValidationError(text) from error

    def after_import(self, dataset, result, **kwargs):
        """No primary key comes from a file, so no sequence has to be set right."""


def _table(model, key, *names) -> type[TableResource]:
    translated = get_translatable_fields_for_model(model) or []
    fields = [field for name in names for field in (get_translation_fields(name) if name in translated else [name])]
    return modelresource_factory(model, TableResource, {"fields": fields, "import_id_fields": key})


_SERVICE = ("name", "summary", "is_offered", "lead", "position")
# By the name of its file, each table after those that it points to.
TABLES: dict[str, type[TableResource]] = {
    "regions": _table(Region, ["code"], "code", "name", "position"),
    "offices": _table(
        Office, ["code"], "code", "region", "name", "city", "address", "latitude", "longitude", "does", "does_not",
        "time_zone", "languages", "holiday_country", "email", "phone", "is_fallback",
    ),
    "office_hours": _table(
        OfficeHours, ["office", "weekday", "opens_at"], "office", "weekday", "opens_at", "closes_at"
    ),
    "office_days": _table(OfficeDay, ["office", "day"], "office", "day", "name", "opens_at", "closes_at"),
    "office_channels": _table(OfficeChannel, ["office", "kind", "address"], "office", "kind", "address"),
    "office_countries": _table(OfficeCountry, ["office", "country"], "office", "country"),
    "physicians": _table(Physician, ["code"], "code", "name", "title", "is_active"),
    "service_lines": _table(ServiceLine, ["code"], "code", "name", "summary", "position"),
    "specialties": _table(Specialty, ["code"], "code", "service_line", *_SERVICE),
    "programmes": _table(Programme, ["code"], "code", "specialty", *_SERVICE),
}  # fmt: skip
