"""What the code and the templates say: the messages a catalogue must hold."""

from itertools import chain

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from django.template import TemplateSyntaxError

from cedars_intl.messages.templates import TRANSLATOR_MARK, extract_django

PACKAGES = ("cedars_intl", "offices", "patients", "partners")
TEMPLATES = "templates"
TEMPLATE_SUFFIXES = {".html", ".txt"}

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


class ExtractionError(Exception):
    """A source file cannot be read for messages; the text names the file and the fault."""


def extract_messages(checkout):
    """The messages of the checkout at the path `checkout`: a Babel Catalog without translations, in source order.

    Locations are files alone: line numbers would change the catalogues with every edit. Raises ExtractionError.
    """
    template = Catalog(fuzzy=False)
    for path, method in _sources(checkout):
        name = path.relative_to(checkout).as_posix()
        try:
            with open(path, "rb") as file:
                for _line, message, comments, context in extract(method, file, KEYWORDS, [TRANSLATOR_MARK]):
                    template.add(message, locations=[(name, None)], auto_comments=comments, context=context)
        except (TemplateSyntaxError, SyntaxError, UnicodeDecodeError) as error:
            raise ExtractionError(f"{name}: {error}") from error
    return template


def _sources(checkout):
    for package in PACKAGES:
        for path in sorted((checkout / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, "python"
    folders = chain([checkout / TEMPLATES], *((checkout / package).rglob(TEMPLATES) for package in PACKAGES))
    for folder in sorted(folders):
        for path in sorted(folder.rglob("*")):
            if path.suffix in TEMPLATE_SUFFIXES:
                yield path, extract_django
