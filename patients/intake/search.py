"""Finding patients by what people type: a name in any script and spelling, a phone, a reference.

`Patient.search` holds lexemes as they are, without a text search configuration: words (`mohammed`), sounds behind `~`
(`~mhmt`), and what identifies a person behind `=` (`=g1234567`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection, transaction
from django.db.models import Case, F, IntegerField, Q, QuerySet, Value, When
from phonenumber_field.phonenumber import PhoneNumber

from patients.intake.models import CareRequest, Patient, Representative
from patients.intake.sounds import NameWord, joined, name_words, runs, sounds

LONGEST_QUERY, MOST_QUERY_WORDS = 100, 6
SHORTEST_PHONE = 7
BATCH = 200
# D, C, B, A: sounds, words of other rooms, contacts, names.
WEIGHTS = [0.1, 0.2, 0.4, 1.0]

Words = Mapping[UUID, Iterable[str]]
Contacts = tuple[set[PhoneNumber], set[str]]
_registered: list[Callable[[list[UUID]], Words]] = []


def register_words(words_of: Callable[[list[UUID]], Words]) -> None:
    """Let a room above add what its patients are found by: `words_of(keys)` gives {key: texts}.

    The room calls `index_patients` in the transaction that changes them.
    """
    if words_of not in _registered:
        _registered.append(words_of)


class LexemeQuery(SearchQuery):
    """A tsquery of lexemes as they are. They are letters and digits alone, so that nothing in them can speak to it."""

    template = "%(expressions)s::tsquery"

    def __init__(self, value: str, **options):
        super().__init__(value, **options | {"search_type": "raw"})


@dataclass(frozen=True)
class Lexemes:
    names: frozenset[str]
    contacts: frozenset[str]
    further: frozenset[str]
    sounds: frozenset[str]

    def vector(self) -> str:
        """As a tsvector is written. The position 1 stands for all: it only carries the weight."""
        groups = zip("ABCD", (self.names, self.contacts, self.further, self.sounds), strict=True)
        return " ".join(f"'{lexeme}':1{weight}" for weight, lexemes in groups for lexeme in sorted(lexemes))


_WRITE = """
UPDATE intake_patient SET search = written.vector::tsvector
FROM unnest(%s::uuid[], %s::text[]) AS written (id, vector) WHERE intake_patient.id = written.id
"""


def index_patients(patients: Iterable[Patient | UUID]) -> int:
    """Write what the patients are found by; returns how many there were. A fixed number of queries for each BATCH."""
    keys = list(dict.fromkeys(getattr(patient, "pk", patient) for patient in patients))
    return sum(_index(keys[start : start + BATCH]) for start in range(0, len(keys), BATCH))


@transaction.atomic
def _index(keys: list[UUID]) -> int:
    # Locked before their words are read: of two who add words at the same time, the second reads those of the first.
    rows = Patient.objects.filter(pk__in=keys).order_by("pk").select_for_update(no_key=True)
    rows = list(rows.defer("search"))
    contacts, further = contacts_of(keys), defaultdict(list)
    for words_of in _registered:
        for key, texts in words_of(keys).items():
            further[key].extend(texts)
    vectors = [lexemes_of(patient, contacts[patient.pk], further[patient.pk]).vector() for patient in rows]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [[patient.pk for patient in rows], vectors])
    return len(rows)


def contacts_of(keys: Iterable[UUID]) -> dict[UUID, Contacts]:
    """({phone numbers}, {e-mail addresses}) of each patient: those of the requests and of who represents."""
    keys, found = list(keys), defaultdict(lambda: (set(), set()))
    for key, phone, email in CareRequest.objects.filter(patient__in=keys).values_list("patient", "phone", "email"):
        phones, emails = found[key]
        phones.update({phone} if phone else ())
        emails.update({email} if email else ())
    acting = Representative.objects.filter(patient__in=keys, ended_at=None)
    for key, email in acting.values_list("patient", "account__email"):
        found[key][1].add(email)
    return found


def lexemes_of(patient: Patient, contacts: Contacts, further: Iterable[str] = ()) -> Lexemes:
    phones, emails = contacts
    forms = name_forms(patient)
    names = [word for form in forms for word in runs(form)] + [joined(form[-1:] + form[:-1]) for form in forms]
    return Lexemes(
        names=frozenset(word.token for word in names),
        contacts=frozenset(
            {*identifiers_of(patient, contacts), *_born(patient.birth_date)}
            | _as_typed(_whole(patient.passport_number))
            | {lexeme for phone in phones for lexeme in _phone_lexemes(phone)}
            | {lexeme for email in emails for lexeme in _email_lexemes(email)}
        ),
        further=frozenset(word.token for text in further for word in runs(name_words(text))),
        sounds=frozenset(f"~{sound}" for word in names for sound in sounds(word)),
    )


def _born(day: date) -> set[str]:
    """20260307, 07032026 and 7032026."""
    year, month, number = day.isoformat().split("-")
    return _as_typed([year + month + number, number + month + year])


def _as_typed(words: Iterable[str]) -> set[str]:
    """The words, and also without the zeros before them, which `_typed_words` leaves out of a number."""
    return {form for word in words for form in (word, word.lstrip("0")) if form}


def name_forms(patient: Patient) -> list[list[NameWord]]:
    """The name as words: given names first, family name first, and in the person's own script."""
    given, family, native = map(name_words, (patient.given_names, patient.family_name, patient.native_name))
    return [form for form in (given + family, family + given, native) if form]


def identifiers_of(patient: Patient, contacts: Contacts) -> set[str]:
    """The lexemes that two records of one person are likely to share whole: passport, phones, addresses."""
    phones, emails = contacts
    return {
        *(f"=p{number}" for number in _whole(patient.passport_number)),
        *(f"=t{_digits(str(phone))}" for phone in phones),
        *(f"=e{address}" for email in emails for address in _whole(email)),
    }


def _whole(text: str) -> list[str]:
    """The text as one word, without what stands between its letters and digits; none when nothing is left."""
    found = name_words(text)
    return [joined(found).token] if found else []


def _digits(text: str) -> str:
    return "".join(str(int(letter)) for letter in text if letter.isdecimal())


def _phone_lexemes(phone: PhoneNumber) -> set[str]:
    """The number from every digit on that leaves at least SHORTEST_PHONE; so typed with or without its country."""
    digits = _digits(str(phone))
    return {digits[at:] for at in range(max(1, len(digits) - SHORTEST_PHONE + 1)) if digits}


def _email_lexemes(email: str) -> set[str]:
    local, _at, domain = email.partition("@")
    return {*_whole(email), *(word.token for word in runs(name_words(local))), *_whole(domain)}


@dataclass(frozen=True)
class Search:
    """What was typed, as tsqueries over Patient.search: whole words, beginnings of words, and sounds as well."""

    whole: str
    begun: str
    sounding: str

    def condition(self, path: str = "search") -> Q:
        return Q((path, LexemeQuery(self.sounding)))

    def nearness(self, path: str = "search") -> Case:
        """3 when the whole words are there, 2 when their beginnings are, 1 when they only sound so."""
        cases = [When(Q((path, LexemeQuery(text))), then=Value(n)) for n, text in ((3, self.whole), (2, self.begun))]
        return Case(*cases, default=Value(1), output_field=IntegerField())


def read_search(text: str) -> Search | None:
    """None when nothing of `text` can be searched for."""
    found = _typed_words(text)
    if not found:
        return None
    return Search(
        whole=_any_of(found, lambda word: f"'{word.token}'"),
        begun=_any_of(found, lambda word: f"'{word.token}':*"),
        sounding=_any_of(found, _begun_or_sounding),
    )


def patients_matching(text: str, among: QuerySet[Patient] | None = None) -> QuerySet[Patient]:
    """Patients of whom every word of `text` is found, the nearest first; none when there is no word in it."""
    search, rows = read_search(text), Patient.objects.all() if among is None else among
    if search is None:
        return rows.none()
    rank = SearchRank(F("search"), LexemeQuery(search.begun), weights=WEIGHTS)
    found = rows.filter(search.condition()).alias(nearness=search.nearness(), rank=rank)
    return found.order_by("-nearness", "-rank", "-pk")


def _typed_words(text: str) -> list[NameWord]:
    """A number, however it is grouped, is one word, without the zeros before it."""
    text = text[:LONGEST_QUERY]
    digits = _digits(text).lstrip("0")
    if len(digits) >= SHORTEST_PHONE and not any(letter.isalpha() for letter in text):
        return [NameWord(digits, digits)]
    return name_words(text)


def _any_of(found: list[NameWord], term: Callable[[NameWord], str]) -> str:
    """The words, also with neighbours written as one: each of the ways in which they can be parted."""
    found, rest = found[:MOST_QUERY_WORDS], [term(word) for word in found[MOST_QUERY_WORDS:]]
    places = range(1, len(found))
    ways = []
    for number in range(len(found)):
        for cuts in combinations(places, number):
            bounds = [0, *cuts, len(found)]
            parts = [joined(found[start:end]) for start, end in zip(bounds, bounds[1:], strict=False)]
            ways.append(" & ".join(f"({term(part)})" for part in parts))
    if len(found) > 1:  # the family name, which may stand at either end
        ways += [term(joined(found[-1:] + found[:-1])), term(joined(found[1:] + found[:1]))]
    return " & ".join([f"({' | '.join(f'({way})' for way in ways)})", *(f"({term})" for term in rest)])


def _begun_or_sounding(word: NameWord) -> str:
    return " | ".join([f"'{word.token}':*", *(f"'~{sound}'" for sound in sorted(sounds(word)))])


def with_lexemes(lexemes: Iterable[str]) -> Q:
    """Patients with any of the lexemes, which are those of `lexemes_of`."""
    return Q(search=LexemeQuery(" | ".join(f"'{lexeme}'" for lexeme in sorted(lexemes))))
