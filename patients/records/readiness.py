"""Whether the records that a need asks for are there, how old they are, and what lacks."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from patients.intake.matching import linked_with
from patients.records.models import Document, DocumentKind, DocumentState, Instance, ReadinessRule, Study


class RecordState(models.TextChoices):
    """How one needed record stands, the best first."""

    PRESENT = "present", _("there")
    CHECKING = "checking", _("being checked")
    UNDATED = "undated", _("date unknown")
    OUTDATED = "outdated", _("too old")
    MISSING = "missing", _("missing")


ORDER = list(RecordState)
# What the patient can do something about.
LACKING = frozenset({RecordState.UNDATED, RecordState.OUTDATED, RecordState.MISSING})


@dataclass(frozen=True)
class RecordsNeed:
    """Whose records are needed for what: primary keys of the patient and the specialty, and the pathway."""

    patient: UUID
    specialty: int
    pathway: str


@dataclass(frozen=True)
class NeededRecord:
    """A rule, how it stands, and the document or study that serves it best; None when there is none."""

    rule: ReadinessRule
    state: RecordState
    source: Document | Study | None = None
    dated_on: date | None = None

    @property
    def lacks(self) -> bool:
        return self.state in LACKING

    @property
    def is_study(self) -> bool:
        return isinstance(self.source, Study)


@dataclass(frozen=True)
class Readiness:
    """The needed records in the order of the rules. `being_read` counts files of which nothing is known yet."""

    records: tuple[NeededRecord, ...]
    being_read: int = 0

    @cached_property
    def required(self) -> list[NeededRecord]:
        return [record for record in self.records if record.rule.is_required]

    @cached_property
    def helpful(self) -> list[NeededRecord]:
        return [record for record in self.records if not record.rule.is_required]

    @cached_property
    def to_ask_for(self) -> list[NeededRecord]:
        """The required records that lack; when none does, the helpful ones."""
        return [record for record in self.required if record.lacks] or [
            record for record in self.helpful if record.lacks
        ]

    @cached_property
    def there(self) -> int:
        return sum(record.state == RecordState.PRESENT for record in self.required)

    @property
    def percent(self) -> int:
        """Of the required records, how many are there; 100 when none is required."""
        return 100 * self.there // len(self.required) if self.required else 100

    @cached_property
    def parts(self) -> list[tuple[RecordState, int]]:
        """(state, how many required records stand so), the best first: the parts of a bar."""
        counts = Counter(record.state for record in self.required)
        return [(state, counts[state]) for state in ORDER if counts[state]]

    @property
    def is_ready(self) -> bool:
        return self.there == len(self.required)


@dataclass(frozen=True)
class _Evidence:
    source: Document | Study
    kind: str
    modalities: frozenset[str]
    dated_on: date | None
    is_read: bool

    def serves(self, rule: ReadinessRule) -> bool:
        wanted = {code.strip().upper() for code in rule.modalities.split(",") if code.strip()}
        return self.kind == rule.kind and (not wanted or bool(wanted & self.modalities))

    def state(self, rule: ReadinessRule, today: date) -> RecordState:
        if not self.is_read:
            return RecordState.CHECKING
        if rule.max_age_days is None:
            return RecordState.PRESENT
        # A day ahead is another time zone's today; what lies further ahead is a slip of the pen.
        if self.dated_on is None or self.dated_on > today + timedelta(days=1):
            return RecordState.UNDATED
        is_recent = (today - self.dated_on).days <= rule.max_age_days
        return RecordState.PRESENT if is_recent else RecordState.OUTDATED


def readiness_by_key(needs: Mapping[Hashable, RecordsNeed], today: date) -> dict[Hashable, Readiness]:
    """The readiness of each need, in the same number of queries for any number of them."""
    if not needs:
        return {}
    rules = list(ReadinessRule.objects.all())
    same = linked_with({need.patient for need in needs.values()})
    evidence, being_read = _evidence(set().union(*same.values()))
    found = {}
    for key, need in needs.items():
        theirs = [piece for patient in same[need.patient] for piece in evidence[patient]]
        records = (_stand(rule, theirs, today) for rule in rules if _applies(rule, need))
        found[key] = Readiness(tuple(records), sum(being_read[patient] for patient in same[need.patient]))
    return found


def _applies(rule, need):
    return rule.specialty_id in (None, need.specialty) and rule.pathway in ("", need.pathway)


def _stand(rule, evidence, today) -> NeededRecord:
    """The best piece: by state, then the newest."""
    pieces = [(ORDER.index(piece.state(rule, today)), piece) for piece in evidence if piece.serves(rule)]
    if not pieces:
        return NeededRecord(rule, RecordState.MISSING)
    place, best = min(pieces, key=lambda row: (row[0], -(row[1].dated_on or date.min).toordinal()))
    return NeededRecord(rule, ORDER[place], best.source, best.dated_on)


def _evidence(patients):
    """({patient: pieces}, {patient: files that are still read, of a kind not known yet})"""
    found, being_read = defaultdict(list), Counter()
    images = Instance.objects.filter(document=OuterRef("pk"))
    documents = Document.objects.kept().filter(~Exists(images), patient__in=patients, study=None)
    for document in documents.only("patient", "filename", "kind", "state", "dated_on", "confirmed_by"):
        is_read = document.state == DocumentState.READY
        if not is_read and document.kind == DocumentKind.OTHER and document.confirmed_by_id is None:
            being_read[document.patient_id] += 1
            continue
        piece = _Evidence(document, document.kind, frozenset(), document.dated_on, is_read)
        found[document.patient_id].append(piece)
    for study in studies_of(patients).only("patient", "uid", "description", "studied_on"):
        modalities = frozenset(series.modality.upper() for series in study.series.all())
        dated_on = study.studied_on or study.stated_on
        found[study.patient_id].append(_Evidence(study, DocumentKind.IMAGING, modalities, dated_on, study.is_read))
    return found, being_read


def studies_of(patients: Iterable[UUID]) -> QuerySet[Study]:
    """The patients' studies with an image in a file that was accepted, with their series.

    `is_read` says that one such file was read to the end, `stated_on` is the newest date that a file was given.
    """
    accepted = Instance.objects.filter(series__study=OuterRef("pk")).exclude(document__state=DocumentState.QUARANTINED)
    stated = Document.objects.filter(study=OuterRef("pk"), dated_on__isnull=False).order_by("-dated_on")
    return (
        Study.objects.filter(Exists(accepted), patient__in=patients)
        .annotate(
            is_read=Exists(accepted.filter(document__state=DocumentState.READY)),
            stated_on=Subquery(stated.values("dated_on")[:1]),
        )
        .prefetch_related("series")
    )
