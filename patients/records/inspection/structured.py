"""Patient summaries as files: C-CDA (XML) and FHIR (JSON)."""

import json
from typing import BinaryIO

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from patients.records.limits import MOST_DEPTH, MOST_ELEMENTS, MOST_MEMORY_BYTES
from patients.records.refusals import Refusal, Refused

CDA_ROOT = "{urn:hl7-org:v3}ClinicalDocument"


def check_xml(stream: BinaryIO, *, size: int, **kwargs) -> None:
    """A CDA document without a document type and entities. Raises Refused."""
    _require_fits_memory(size)
    parents, count = [], 0
    try:
        for event, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
            if event == "end":
                parents.pop()
                if parents:  # nothing of it stays in memory
                    parents[-1].clear()
                continue
            if not count and element.tag != CDA_ROOT:
                raise Refused(Refusal.NOT_A_SUMMARY)
            count += 1
            parents.append(element)
            if count > MOST_ELEMENTS or len(parents) > MOST_DEPTH:
                raise Refused(Refusal.TOO_LONG)
    except DefusedXmlException as error:
        raise Refused(Refusal.XML_UNSAFE) from error


def check_json(stream: BinaryIO, *, size: int, **kwargs) -> None:
    """A FHIR resource. Raises Refused."""
    _require_fits_memory(size)
    content = json.loads(stream.read())
    if not isinstance(content, dict) or not isinstance(content.get("resourceType"), str):
        raise Refused(Refusal.NOT_A_SUMMARY)


def _require_fits_memory(size: int) -> None:
    if size > MOST_MEMORY_BYTES:
        raise Refused(Refusal.TOO_LONG)
