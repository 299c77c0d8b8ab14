"""What the readers of IPS and C-CDA give."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date

from patients.records.models import ClinicalItem, Document, Section

# Sections of a summary by their LOINC code; 11348-0 are past problems.
SECTIONS = {
    "11450-4": Section.PROBLEM,
    "11348-0": Section.PROBLEM,
    "48765-2": Section.ALLERGY,
    "10160-0": Section.MEDICINE,
}
PAST_PROBLEMS = "11348-0"
MOST_ITEMS = 2000
# Of a text that is kept, so that one that many items point at is not kept whole for each.
MOST_LETTERS = 5000


@dataclass(frozen=True)
class Item:
    """Named as the fields of ClinicalItem."""

    section: str
    text: str
    source: str
    detail: str = ""
    code: str = ""
    code_system: str = ""
    status: str = ""
    since: str = ""


@dataclass(frozen=True)
class Summary:
    """`language` as the file states it; `is_valid`: it keeps the rules of its standard."""

    items: list[Item] = field(default_factory=list)
    dated_on: date | None = None
    language: str = ""
    is_valid: bool = True


def save_items(document: Document, items: Iterable[Item]) -> None:
    """Instead of what was read before, in the caller's transaction."""
    ClinicalItem.objects.filter(document=document).delete()
    positions, rows = Counter(), []
    for item in list(items)[:MOST_ITEMS]:
        positions[item.section] += 1
        rows.append(ClinicalItem(document=document, position=positions[item.section], **_fitted(item)))
    ClinicalItem.objects.bulk_create(rows)


def _fitted(item):
    """Without what Postgres does not keep, and cut to what the columns hold."""
    texts = {name: str(text)[:MOST_LETTERS].replace("\x00", "") for name, text in asdict(item).items()}
    fields = {name: " ".join(text.split()) for name, text in texts.items()}
    lengths = {name: ClinicalItem._meta.get_field(name).max_length for name in fields}
    return {name: text[: lengths[name]] for name, text in fields.items()}


def day_of(text: str) -> date | None:
    """The day in "2017-12-11T14:30:00+01:00" or "20171211143000+0100"."""
    digits = "".join(filter(str.isdecimal, str(text)[:10]))[:8]
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None
