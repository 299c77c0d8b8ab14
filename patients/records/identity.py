"""Whether images may be those of another person: for the team to look at, never decided here."""

from jellyfish import metaphone

from offices.kit.folding import fold
from patients.intake.models import Patient
from patients.records.models import Study

SHORTEST_SOUND = 2


def name_differs(study: Study, patient: Patient) -> bool:
    """Whether no form of the name in the images (DICOM PN, PS3.5 6.2.1) goes with a form of the patient's name.

    Words are compared folded and by their sound, in any order. Images that name nobody do not differ.
    """
    ours = _words(" ".join([patient.given_names, patient.family_name, patient.native_name]))
    groups = [group for group in study.named_patient.split("=") if fold(group)]
    return bool(groups) and not any(_goes_with(group, ours) for group in groups)


def birth_date_differs(study: Study, patient: Patient) -> bool:
    return study.named_birth_date is not None and study.named_birth_date != patient.birth_date


def _goes_with(group: str, ours: set[str]) -> bool:
    """Each of family name and given names has a word of ours; of a name in one part, two words where it has two."""
    family, *rest = group.split("^")
    given = " ".join(rest[:2])
    if fold(family) and fold(given):
        return bool(_words(family) & ours) and bool(_words(given) & ours)
    theirs = [_words(word) for word in fold(f"{family} {given}")]
    return sum(bool(word & ours) for word in theirs) >= min(2, len(theirs))


def _words(text: str) -> set[str]:
    """The folded words and, apart from them, how each sounds."""
    words = set(fold(text))
    sounds = {sound for word in words if len(sound := metaphone(word)) >= SHORTEST_SOUND}
    return words | {f"~{sound}" for sound in sounds}
