"""Handing untranslated messages out as JSON, and taking the translations back.

A worklist is a list of objects. `msgid`, `plural` (the English plural, where there is one) and `context` say which
message it is; `files`, `comment` and `faults` help to translate it; `msgstr` is to be filled in: a text, or for a
plural a list with one text for each of `forms`, the numbers that each form is for.
"""

from dataclasses import dataclass

from cedars_intl.messages.catalogues import merge_catalogue, read_catalogue, write_catalogue
from cedars_intl.messages.entries import SameAsEnglish, entry_faults


@dataclass(frozen=True)
class Refusal:
    """A translation that was not taken, and why."""

    msgid: str
    reason: str

    def __str__(self):
        return f"{self.msgid!r} {self.reason}"


def untranslated(template, folder, locale):
    """The worklist of `locale`: every message of `template` whose translation is missing or has a fault."""
    same_as_english = SameAsEnglish(folder)
    catalogue = merge_catalogue(template, read_catalogue(folder, locale), locale)
    return [
        _item(message, faults, locale)
        for message in catalogue
        if message.id and (faults := entry_faults(message, locale, same_as_english))
    ]


def fill_catalogue(template, folder, locale, items):
    """Write the translations of a filled-in worklist into the catalogue of `locale`.

    Items with an empty `msgstr` are passed over. A translation with a fault is refused, the others are written.
    Returns (how many were written, [Refusal]).
    """
    same_as_english = SameAsEnglish(folder)
    catalogue = merge_catalogue(template, read_catalogue(folder, locale), locale)
    written, refusals = 0, []
    for item in items:
        if not item.get("msgstr") or not any(item["msgstr"]):
            continue
        reason = _fill(catalogue, locale, item, same_as_english)
        if reason:
            refusals.append(Refusal(str(item.get("msgid")), reason))
        else:
            written += 1
    write_catalogue(folder, locale, catalogue)
    return written, refusals


def _item(message, faults, locale):
    singular, plural = message.id if message.pluralizable else (message.id, None)
    item = {"msgid": singular}
    if plural is not None:
        item |= {"plural": plural, "forms": list(locale.forms)}
    if message.context is not None:
        item["context"] = message.context
    item["files"] = [file for file, _line in message.locations]
    if message.auto_comments:
        item["comment"] = " ".join(message.auto_comments)
    return item | {"faults": faults, "msgstr": list(message.string) if message.pluralizable else message.string}


def _fill(catalogue, locale, item, same_as_english):
    """Take one translation; returns why it was refused, or an empty string."""
    message = catalogue.get(item.get("msgid"), item.get("context"))
    if message is None or item.get("plural", message.id[1] if message.pluralizable else None) != (
        message.id[1] if message.pluralizable else None
    ):
        return "is no message of the code (or not with this plural or context)"
    expected, said = (list, "a list of texts") if message.pluralizable else (str, "a text")
    msgstr = item["msgstr"]
    if not isinstance(msgstr, expected) or not all(isinstance(text, str) for text in msgstr):
        return f"needs {said} as msgstr"
    before = message.string, message.flags
    message.string, message.flags = tuple(msgstr) if message.pluralizable else msgstr, message.flags - {"fuzzy"}
    faults = entry_faults(message, locale, same_as_english)
    if faults:
        message.string, message.flags = before
    return "; ".join(faults)
