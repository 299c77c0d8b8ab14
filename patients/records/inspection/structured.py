"""Patient summaries as files: C-CDA (XML) and FHIR (JSON)."""

import json
from typing import BinaryIO

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from patients.records.limits import MOST_MEMORY_BYTES
from patients.records.refusals import Refusal, Refused

CDA_ROOT = "{urn:hl7-org:v3}ClinicalDocument"


def check_xml(stream: BinaryIO, *, size: int, **kwargs) -> None:
    """A CDA document without a document type and entities. Raises Refused."""
    _require_fits_memory(size)
    root = None
    try:
        for _event, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
            if root is None:
                root = element
                if root.tag != CDA_ROOT:
                    raise Refused(Refusal.NOT_A_SUMMARY)
            elif _event == "end":
                element.clear()
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
