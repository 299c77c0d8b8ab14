"""Problems, allergies and medicines out of structured summaries, each with the place where it stands in the file."""

from patients.records.clinical.statements import Statement, SummaryItem, SummarySection, statement_of, summary_of

__all__ = ["Statement", "SummaryItem", "SummarySection", "statement_of", "summary_of"]
