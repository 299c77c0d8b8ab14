"""The team's desk for cases: the queue and the page of one case."""

from patients.cases.admin.cases import CaseAdmin

__all__ = ["CaseAdmin"]
