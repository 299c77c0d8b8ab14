"""The tables of records: `files`, `documents`, `imaging` (DICOM), `clinical` (IPS, C-CDA), `readiness`."""

from patients.records.models.clinical import ClinicalItem, Section
from patients.records.models.documents import (
    DOCUMENT_TRANSITIONS,
    Document,
    DocumentKind,
    DocumentState,
    DocumentText,
    Preview,
    ProcessingStep,
    StepOutcome,
    TextSource,
)
from patients.records.models.files import FilePart, StoredFile, Upload
from patients.records.models.imaging import Instance, Series, SharedStudy, Study
from patients.records.models.readiness import ReadinessRule

__all__ = [
    "DOCUMENT_TRANSITIONS",
    "ClinicalItem",
    "Document",
    "DocumentKind",
    "DocumentState",
    "DocumentText",
    "FilePart",
    "Instance",
    "Preview",
    "ProcessingStep",
    "ReadinessRule",
    "Section",
    "Series",
    "SharedStudy",
    "StepOutcome",
    "StoredFile",
    "Study",
    "TextSource",
    "Upload",
]
