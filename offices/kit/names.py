"""Names of people, in any script and of any number of words."""


def full_name(given_names: str, family_name: str, native_name: str = "") -> str:
    """The passport name, with the name in the person's own script behind it when that differs."""
    passport = " ".join(part for part in (given_names.strip(), family_name.strip()) if part)
    native = native_name.strip()
    return f"{passport} ({native})" if native and native != passport else passport
