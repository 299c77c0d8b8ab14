"""Reading, updating and compiling the .po files.

A written file depends on the messages and the translations alone: sorted, no dates, no line numbers, no wrapping.
"""

import os
import tempfile
from contextlib import suppress

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, generate_po, read_po

from cedars_intl.messages.locales import LOCALES


class CatalogueError(Exception):
    """A .po file cannot be read; the text names the file and the fault."""


def catalogue_path(folder, locale):
    """Where the catalogue of `locale` lies under `folder`, the root of the catalogues."""
    return folder / locale.folder / "LC_MESSAGES" / "django.po"


def read_catalogue(folder, locale):
    """The catalogue of `locale`, empty where there is no file yet. Raises CatalogueError."""
    path = catalogue_path(folder, locale)
    catalogue = _empty(locale)
    if path.exists():
        try:
            with path.open(encoding="utf-8") as file:
                catalogue = read_po(file, abort_invalid=True)
        except (PoFileError, ValueError, IndexError, LookupError) as error:
            raise CatalogueError(f"{path}: {error}") from error
    return catalogue


def merge_catalogue(template, catalogue, locale):
    """The messages of `template` with the translations that `catalogue` has for them; nothing is guessed."""
    merged = _empty(locale)
    for message in template:
        if message.id:
            entry = merged.add(
                message.id,
                _no_translation(message, locale),
                message.locations,
                auto_comments=message.auto_comments,
                context=message.context,
            )
            known = catalogue.get(message.id, message.context)
            if known and known.id == message.id:
                entry.string = _fit(known.string, locale) if message.pluralizable else known.string
                entry.user_comments = known.user_comments
                entry.flags |= known.flags & {"fuzzy"}
    return merged


def write_catalogue(folder, locale, catalogue):
    """Write the file where that changes it; returns whether it did."""
    path = catalogue_path(folder, locale)
    lines = generate_po(
        catalogue, omit_header=True, include_lineno=False, ignore_obsolete=True, sort_by="message", width=0
    )
    text = (_header(locale) + "".join(lines)).rstrip("\n") + "\n"
    if path.exists() and path.read_text("utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, text.encode())
    return True


def update_catalogues(template, folder):
    """Bring every catalogue in step with `template`; returns the codes of the languages whose file changed."""
    return [
        code
        for code, locale in LOCALES.items()
        if write_catalogue(folder, locale, merge_catalogue(template, read_catalogue(folder, locale), locale))
    ]


def compile_catalogues(folder):
    """Compile the .po files that changed since they were compiled; returns the codes of their languages.

    A .mo file carries the modification time of the .po file it was made from. Safe to run in several processes.
    """
    compiled = []
    for code, locale in LOCALES.items():
        source = catalogue_path(folder, locale)
        if not source.exists():
            continue
        target = source.with_suffix(".mo")
        changed_at = source.stat().st_mtime_ns
        if target.exists() and target.stat().st_mtime_ns == changed_at:
            continue
        with tempfile.SpooledTemporaryFile() as file:
            write_mo(file, read_catalogue(folder, locale))
            file.seek(0)
            _replace(target, file.read(), changed_at)
        compiled.append(code)
    return compiled


def _empty(locale):
    catalogue = Catalog(fuzzy=False)
    catalogue.mime_headers = [("Language", locale.folder), ("Plural-Forms", locale.plural_header)]
    return catalogue


def _header(locale):
    lines = {
        "Language": locale.folder,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": locale.plural_header,
    }
    return 'msgid ""\nmsgstr ""\n' + "".join(f'"{name}: {value}\\n"\n' for name, value in lines.items()) + "\n"


def _no_translation(message, locale):
    return ("",) * len(locale.forms) if message.pluralizable else ""


def _fit(forms, locale):
    count = len(locale.forms)
    return (*forms, *[""] * count)[:count]


def _replace(path, content, modified_at=None):
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(name, 0o644)
        if modified_at:
            os.utime(name, ns=(modified_at, modified_at))
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise
