"""Who acts for a patient."""

from offices.directory.models import User
from patients.intake.models import Patient, Relation, Representative


def represent(*, patient: Patient, account: User, relation: str = Relation.SELF, authority: str = "") -> Representative:
    """Let the account act for the patient; one that does already stays as it is."""
    representative, _made = Representative.objects.get_or_create(
        patient=patient, account=account, ended_at=None, defaults={"relation": relation, "authority": authority}
    )
    return representative
