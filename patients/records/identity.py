"""Whether images may be those of another person: for the team to look at, never decided here."""

from patients.intake.models import Patient
from patients.intake.names import NameLikeness, compare_names
from patients.intake.sounds import name_words
from patients.records.models import Study


def name_differs(study: Study, patient: Patient) -> bool:
    """Whether the name in the images goes with no form of the patient's name. Images that name nobody do not differ."""
    name, _opens, native = study.named_patient.partition("(")
    words = name_words(study.named_patient)
    if not words:
        return False
    named = Patient(given_names=name, native_name=native)
    enough = NameLikeness.PART if len(words) == 1 else NameLikeness.NEAR
    return compare_names(named, patient) < enough


def birth_date_differs(study: Study, patient: Patient) -> bool:
    return study.named_birth_date is not None and study.named_birth_date != patient.birth_date
