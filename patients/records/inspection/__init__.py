"""Whether a file may come in: first its name and beginning, then, when a worker has it whole, everything in it."""

from patients.records.inspection.heads import HEAD_BYTES, inspect_head
from patients.records.inspection.names import ACCEPTED, inspect_name
from patients.records.inspection.whole import inspect_file

__all__ = ["ACCEPTED", "HEAD_BYTES", "inspect_file", "inspect_head", "inspect_name"]
