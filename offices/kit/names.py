"""Names of people, in any script and of any number of words."""

# They change the direction of what stands around them (Unicode UAX 9), so that a name could disguise another.
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def without_bidi_controls(text: str) -> str:
    return "".join(letter for letter in text if letter not in BIDI_CONTROLS)


def full_name(given_names: str, family_name: str, native_name: str = "") -> str:
    """The passport name, with the name in the person's own script behind it when that differs."""
    passport = " ".join(part for part in (given_names.strip(), family_name.strip()) if part)
    native = native_name.strip()
    return f"{passport} ({native})" if native and native != passport else passport
