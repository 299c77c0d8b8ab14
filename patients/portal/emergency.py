"""Emergency numbers of a country, as telephone networks know them."""

from functools import cache

import phonenumbers

MOST = 4
# Known far beyond the countries that began them, so they are named first.
_KNOWN_WIDELY = ("112", "911", "999")


@cache
def emergency_numbers(country: str) -> tuple[str, ...]:
    """Numbers of two or three digits that reach help from a phone in `country` (ISO 3166 alpha-2), at most four."""
    if not country:
        return ()
    short = (f"{number:0{digits}}" for digits in (2, 3) for number in range(10**digits))
    found = [number for number in short if phonenumbers.is_emergency_number(number, country)]
    return tuple(sorted(found, key=lambda number: (number not in _KNOWN_WIDELY, number))[:MOST])
