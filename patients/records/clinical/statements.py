"""A readable summary of what structured records say, also of what they say is not there or not known."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from patients.intake.models import Patient
from patients.records.models import ClinicalItem, Document, DocumentState, Section

EMPTY_REASON = "http://terminology.hl7.org/CodeSystem/list-empty-reason"
NULL_FLAVOR = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor"
ABSENT_OR_UNKNOWN = "http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips"
# Codes for "none": SNOMED CT of no known allergy (of drugs, food, environment), problem and medicine; and of IPS.
_NONE_CODES = frozenset(
    {
        "716186003", "409137002", "428607008", "429625007", "428197003", "160245001", "787481004", "1003774007",
        "no-known-allergies", "no-known-medication-allergies", "no-known-environmental-allergies",
        "no-known-food-allergies", "no-known-problems", "no-known-medications", "nilknown", "negated",
    }
)  # fmt: skip
# The status of what was found not to be there, in words of FHIR.
REFUTED = "refuted"
_STATEMENT_SYSTEMS = frozenset({EMPTY_REASON, NULL_FLAVOR, ABSENT_OR_UNKNOWN})


class Statement(models.TextChoices):
    """What a line says when it is no problem, allergy or medicine."""

    NONE = "none", _("none known")
    UNKNOWN = "unknown", _("no information")
    RULED_OUT = "ruled_out", _("ruled out")


@dataclass(frozen=True)
class SummaryItem:
    """A line, with the document and the place in it where it stands. `statement` is empty for a real one."""

    item: ClinicalItem
    statement: str

    @property
    def document(self) -> Document:
        return self.item.document

    @property
    def place(self) -> str:
        """In words: "line 42" of an XML file; a FHIRPath stays as it is."""
        kind, _space, number = self.item.source.partition(" ")
        return gettext("line %(number)s") % {"number": number} if kind == "line" else self.item.source


@dataclass
class SummarySection:
    section: str
    items: list[SummaryItem] = field(default_factory=list)

    @property
    def title(self) -> str:
        return Section(self.section).label


def statement_of(item: ClinicalItem) -> str:
    """NONE, UNKNOWN or RULED_OUT when the line says so, else empty."""
    if item.code in _NONE_CODES:
        return Statement.NONE
    if item.status == REFUTED:
        return Statement.RULED_OUT
    return Statement.UNKNOWN if item.code_system in _STATEMENT_SYSTEMS else ""


def summary_of(patient_or_documents: Patient | Iterable[Document]) -> list[SummarySection]:
    """Every section that a document fills, of the newest document first. One query."""
    items = ClinicalItem.objects.filter(document__state=DocumentState.READY).select_related("document")
    if isinstance(patient_or_documents, Patient):
        items = items.filter(document__patient=patient_or_documents)
    else:
        items = items.filter(document__in=[document.pk for document in patient_or_documents])
    sections = defaultdict(list)
    for item in items.order_by("-document__dated_on", "-document__received_at", "position"):
        sections[item.section].append(SummaryItem(item, statement_of(item)))
    return [SummarySection(section, sections[section]) for section in Section.values if sections[section]]
