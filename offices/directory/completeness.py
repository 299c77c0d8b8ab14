"""Which catalogue texts are there in which language. What is written in English is to be there in all of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from django.db.models import Model, Q
from modeltranslation.settings import AVAILABLE_LANGUAGES, DEFAULT_LANGUAGE
from modeltranslation.translator import translator
from modeltranslation.utils import build_localized_fieldname


class Gap(NamedTuple):
    """A text that is there in English and not in `language`."""

    row: Model
    field: str
    language: str


@dataclass
class ModelTexts:
    """The texts of one model: its rows that have any in English, and of these how many lack none, by language."""

    model: type[Model]
    rows: int = 0
    complete: dict[str, int] = field(default_factory=lambda: dict.fromkeys(AVAILABLE_LANGUAGES, 0))
    # {field: {language: how many are filled}}, where English says how many should be
    filled: dict[str, dict[str, int]] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)


def translated_fields(model: type[Model]) -> list[str]:
    return list(translator.get_options_for_model(model).get_field_names())


def _text(row, name, language) -> str:
    return (getattr(row, build_localized_fieldname(name, language)) or "").strip()


def gaps_of(row: Model) -> Iterator[Gap]:
    """What the row lacks. It asks the database for nothing."""
    for name in translated_fields(type(row)):
        if _text(row, name, DEFAULT_LANGUAGE):
            yield from (Gap(row, name, code) for code in AVAILABLE_LANGUAGES if not _text(row, name, code))


def lacking_languages(row: Model) -> list[str]:
    lacking = {gap.language for gap in gaps_of(row)}
    return [code for code in AVAILABLE_LANGUAGES if code in lacking]


def lacks_language(model: type[Model], language: str) -> Q:
    """The rows that have a text in English and not in `language`."""
    condition = Q(pk__in=[])
    for name in translated_fields(model):
        english, other = build_localized_fieldname(name, DEFAULT_LANGUAGE), build_localized_fieldname(name, language)
        is_written = Q(**{f"{english}__isnull": False}) & ~Q(**{english: ""})
        condition |= is_written & (Q(**{f"{other}__isnull": True}) | Q(**{other: ""}))
    return condition


def read_completeness() -> list[ModelTexts]:
    """Of every model whose texts are translated, with one query each."""
    return [_read_model(model) for model in translator.get_registered_models(abstract=False)]


def _read_model(model) -> ModelTexts:
    names = translated_fields(model)
    found = ModelTexts(model, filled={name: dict.fromkeys(AVAILABLE_LANGUAGES, 0) for name in names})
    links = [link.name for link in model._meta.fields if link.many_to_one and not link.null]
    for row in model._default_manager.select_related(*links):
        written = [name for name in names if _text(row, name, DEFAULT_LANGUAGE)]
        if not written:
            continue
        gaps = list(gaps_of(row))
        lacking = {gap.language for gap in gaps}
        missing = {(gap.field, gap.language) for gap in gaps}
        found.rows += 1
        found.gaps += gaps
        for code in AVAILABLE_LANGUAGES:
            found.complete[code] += code not in lacking
            for name in written:
                found.filled[name][code] += (name, code) not in missing
    return found
