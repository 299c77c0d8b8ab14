"""The tables of intake: `people`, `requests`, `drafts` (requests being written), `matches` (possible duplicates)."""

from patients.intake.models.drafts import Draft, DraftStep, QuestionRule, ResumeKey
from patients.intake.models.matches import MATCH_TRANSITIONS, MatchState, PatientMatch
from patients.intake.models.people import Patient, Relation, Representative, Sex
from patients.intake.models.requests import CareRequest, Channel, Consent

__all__ = [
    "MATCH_TRANSITIONS",
    "CareRequest",
    "Channel",
    "Consent",
    "Draft",
    "DraftStep",
    "MatchState",
    "Patient",
    "PatientMatch",
    "QuestionRule",
    "Relation",
    "Representative",
    "ResumeKey",
    "Sex",
]
