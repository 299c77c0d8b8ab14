"""The team's desk for cases: the queue and the page of one case, the patients, and who may be one person."""

from patients.cases.admin.cases import CaseAdmin
from patients.cases.admin.matches import PatientMatchAdmin
from patients.cases.admin.patients import PatientAdmin

__all__ = ["CaseAdmin", "PatientAdmin", "PatientMatchAdmin"]
