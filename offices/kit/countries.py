"""Countries by the names that CLDR gives them: it knows every one of ISO 3166-1 in every language of the pages.

`settings.COUNTRIES_OVERRIDE` makes them the names of django-countries, whose own are not translated into all of these.
"""

from django.utils.functional import lazy
from django_countries.data import COUNTRIES

from offices.kit.languages import babel_locale


def country_name(code: str) -> str:
    """The country's name in the active language; the code itself when CLDR does not know it, empty for none."""
    return babel_locale().territories.get(code, code)


COUNTRY_NAMES = {code: lazy(country_name, str)(code) for code in COUNTRIES}
