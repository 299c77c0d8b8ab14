"""The languages that are translated into, and how each of them counts."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Locale:
    """A language: its Django code, the name of its folder under `locale/`, and its plural forms.

    `forms` says which numbers each plural form is for, in the order of msgstr[0], msgstr[1]... ; `plural_rule` is the
    gettext expression that picks one. A form in `exact_forms` stands for one number alone and may spell it out.
    """

    code: str
    folder: str
    plural_rule: str
    forms: tuple[str, ...]
    exact_forms: frozenset[int] = frozenset()

    @property
    def plural_header(self):
        return f"nplurals={len(self.forms)}; plural={self.plural_rule};"


LOCALES = {
    locale.code: locale
    for locale in [
        Locale("es", "es", "(n != 1)", ("1", "0, 2, 3..."), frozenset({0})),
        Locale(
            "ar",
            "ar",
            "n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 && n%100<=99 ? 4 : 5",
            ("0", "1", "2", "3-10, 103-110...", "11-99, 111-199...", "100-102, 200-202..."),
            frozenset({0, 1, 2}),
        ),
        Locale("zh-hans", "zh_Hans", "0", ("every number",)),
        Locale("fr", "fr", "(n > 1)", ("0, 1", "2, 3...")),
        Locale("id", "id", "0", ("every number",)),
        Locale("pt-br", "pt_BR", "(n > 1)", ("0, 1", "2, 3...")),
        Locale(
            "ru",
            "ru",
            "(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2)",
            ("1, 21, 31...", "2-4, 22-24...", "0, 5-20, 25-30..."),
        ),
    ]
}
