"""What is wrong with one translation."""

import re
from collections import Counter
from string import Formatter

NAMED = re.compile(r"%\((\w+)\)[#0\- +]*(?:\d+|\*)?(?:\.(?:\d+|\*))?([a-zA-Z])")
POSITIONAL = re.compile(r"%[#0\-+]*(?:\d+|\*)?(?:\.(?:\d+|\*))?([diouxXeEfFgGcrsa])")
TAG = re.compile(r"</?[a-zA-Z][^<>]*>")
SAME_FILE = "same_as_english.txt"


class SameAsEnglish:
    """The short texts that may stay as they are in English: lines `*: PDF` or `fr, id: Message`, `#` for remarks."""

    def __init__(self, folder):
        self._allowed = set()
        path = folder / SAME_FILE
        for line in path.read_text("utf-8").splitlines() if path.exists() else ():
            codes, colon, text = line.partition(":")
            if colon and not line.startswith("#"):
                self._allowed |= {(code.strip(), text.strip()) for code in codes.split(",")}

    def allows(self, code, text):
        return bool({("*", text.strip()), (code, text.strip())} & self._allowed)


def entry_faults(message, locale, same_as_english):
    """Sentences on what is wrong with the translation of a Babel Message into `locale`; none when it is sound."""
    if message.fuzzy:
        return ["is marked fuzzy: check it and remove the mark"]
    texts = message.string if message.pluralizable else (message.string,)
    if not any(texts):
        return ["is not translated"]
    if message.pluralizable and (len(texts) != len(locale.forms) or not all(texts)):
        missing = [name for index, name in enumerate(locale.forms) if not "".join(texts[index : index + 1])]
        return [f"needs {len(locale.forms)} plural forms: missing for {'; '.join(missing)}"]
    return list(dict.fromkeys(_text_faults(message, texts, locale, same_as_english)))


def _text_faults(message, texts, locale, same_as_english):
    sources = message.id if message.pluralizable else (message.id,)
    for index, text in enumerate(texts):
        where = f"form {index} ({locale.forms[index]}) " if message.pluralizable else ""
        exact = message.pluralizable and index in locale.exact_forms
        yield from (where + fault for fault in _placeholder_faults(text, sources, exact))
        if _edges(text) != _edges(sources[0]):
            yield where + "begins or ends with other line breaks than the English"
        if all(_tags(text) != _tags(source) for source in sources):
            yield where + f"has other HTML tags: {_listed(_tags(sources[-1]))} in English, {_listed(_tags(text))} here"
        same = text.strip() in {source.strip() for source in sources} and _has_words(text)
        if same and not same_as_english.allows(locale.code, text):
            yield where + f"is the English text; if that is right, add “{locale.code}: {text}” to {SAME_FILE}"


def _placeholder_faults(text, sources, exact):
    """`exact`: the text stands for one number alone, and may leave the number out."""
    if not any("%" in source for source in sources):
        if "%" in text:
            yield "has a percent sign, which the English has not"
    elif not _formats(text):
        yield "has a percent sign that is no placeholder: write %%"
    for kind, find in {"placeholders": _printf, "brace placeholders": _braces}.items():
        expected, found = find(sources[-1]), find(text)
        allowed = [expected]
        if exact:
            number = {name for name in expected if name in ("%(count)s", "%(count)d", "{count}")} or expected
            allowed += [find(sources[0]), expected - number if len(number) == 1 else expected]
        if found not in allowed:
            yield f"has other {kind}: {_listed(expected)} in English, {_listed(found)} here"


def _printf(text):
    text = text.replace("%%", "")
    names = {f"%({name}){kind}" for name, kind in NAMED.findall(text)}
    return names | {f"%{kind} ({place})" for place, kind in enumerate(POSITIONAL.findall(NAMED.sub("", text)), 1)}


def _braces(text):
    try:
        return {f"{{{name}}}" for _literal, name, _spec, _conversion in Formatter().parse(text) if name is not None}
    except ValueError:
        return {"a lone brace"}


def _formats(text):
    """Whether every percent sign belongs to a placeholder or is doubled."""
    return "%" not in POSITIONAL.sub("", NAMED.sub("", text.replace("%%", "")))


def _edges(text):
    return text.startswith("\n"), text.endswith("\n")


def _tags(text):
    return Counter(TAG.findall(text))


def _has_words(text):
    bare = TAG.sub("", POSITIONAL.sub("", NAMED.sub("", re.sub(r"\{\w*\}", "", text))))
    return any(character.isalpha() for character in bare)


def _listed(names):
    return ", ".join(sorted(names)) or "none"
