"""Building the search."""

from django.conf import settings
from django.contrib.postgres.search import SearchVector
from django.db import transaction
from django.db.models import Value
from django.utils import translation

from offices.kit.folding import fold
from patients.website import index
from patients.website.models import SearchEntry

FIELDS = ["title", "text", "address", "vector"]


@transaction.atomic
def rebuild_search() -> int:
    """Bring the search in step with the catalogue and the pages, in every language; returns how many entries it has."""
    specialties, offices = index.load_catalogue()
    texts = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            texts[language] = list(index.everything(specialties, offices))
    english = {(found.kind, found.key): found.title for found in texts[settings.LANGUAGE_CODE]}
    entries = [
        _entry(found, language, english[found.kind, found.key]) for language, every in texts.items() for found in every
    ]
    entries.sort(key=lambda entry: (entry.kind, entry.key, entry.language))  # two at once wait, and do not lock up
    SearchEntry.objects.bulk_create(
        entries, update_conflicts=True, unique_fields=["kind", "key", "language"], update_fields=FIELDS, batch_size=500
    )
    kept = {(entry.kind, entry.key, entry.language) for entry in entries}
    rows = SearchEntry.objects.values_list("pk", "kind", "key", "language")
    SearchEntry.objects.filter(pk__in=[pk for pk, *identity in rows if tuple(identity) not in kept]).delete()
    return len(entries)


def _entry(found: index.Found, language: str, english: str) -> SearchEntry:
    """Found in its own language, and by its English title: many know a treatment by that."""
    title, text = " ".join(fold(found.title)), " ".join(fold(found.text))
    vector = SearchVector(Value(title), weight="A", config="simple")
    vector += SearchVector(Value(text), weight="B", config="simple")
    vector += SearchVector(Value(" ".join(fold(english))), weight="C", config="simple")
    return SearchEntry(
        kind=found.kind.value,
        key=found.key,
        language=language,
        title=found.title,
        text=found.text,
        address=found.address,
        vector=vector,
    )
