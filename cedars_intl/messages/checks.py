"""What is wrong with the catalogues, and with the demo directory's names in eight languages."""

import tomllib
from dataclasses import dataclass

from cedars_intl.messages.catalogues import CatalogueError, catalogue_path, read_catalogue
from cedars_intl.messages.entries import SameAsEnglish, entry_faults
from cedars_intl.messages.locales import LOCALES

SHOWN = 90


@dataclass(frozen=True)
class Problem:
    """One thing to mend. `text` is the msgid, or the name, that it is about; `files` is where that stands."""

    language: str
    files: tuple[str, ...]
    text: str
    fault: str

    def __str__(self):
        text = self.text if len(self.text) <= SHOWN else self.text[: SHOWN - 1] + "…"
        return f"{self.language}: {text!r} ({', '.join(self.files)}) {self.fault}"


def catalogue_problems(template, folder):
    """Every Problem of the catalogues under `folder`, which must hold the messages of `template` and no others."""
    same_as_english = SameAsEnglish(folder)
    for locale in LOCALES.values():
        try:
            yield from _problems(template, folder, locale, same_as_english)
        except CatalogueError as error:
            yield Problem(locale.code, (_name(folder, locale),), "", str(error))


def directory_problems(path):
    """Every Problem of the names in the TOML file at `path`: a table with an `en` entry must have all languages."""
    with open(path, "rb") as file:
        yield from _empty_names(tomllib.load(file), path.name)


def _problems(template, folder, locale, same_as_english):
    name = _name(folder, locale)
    catalogue = read_catalogue(folder, locale)
    if catalogue.plural_forms != locale.plural_header:
        yield Problem(locale.code, (name,), catalogue.plural_forms, f"should be {locale.plural_header} in the header")
    known = set()
    for message in template:
        if not message.id:
            continue
        files = tuple(file for file, _line in message.locations)
        entry = catalogue.get(message.id, message.context)
        if entry is None or entry.id != message.id:
            yield Problem(locale.code, files, _text(message), "is not in the catalogue: run messages extract")
            continue
        known.add((entry.id, entry.context))
        for fault in entry_faults(entry, locale, same_as_english):
            yield Problem(locale.code, files, _text(message), fault)
    for entry in [*catalogue, *catalogue.obsolete.values()]:
        if entry.id and (entry.id, entry.context) not in known:
            yield Problem(locale.code, (name,), _text(entry), "is stale, no source says it: run messages extract")


def _empty_names(node, file):
    if isinstance(node, list):
        for item in node:
            yield from _empty_names(item, file)
    elif isinstance(node, dict):
        if "en" in node:
            for code in ["en", *LOCALES]:
                if not node.get(code.replace("-", "_"), "").strip():
                    yield Problem(code, (file,), node["en"], "has no name in this language")
        else:
            for item in node.values():
                yield from _empty_names(item, file)


def _text(message):
    return message.id[0] if message.pluralizable else message.id


def _name(folder, locale):
    return catalogue_path(folder, locale).relative_to(folder.parent).as_posix()
