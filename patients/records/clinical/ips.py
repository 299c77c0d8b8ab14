"""FHIR document bundles such as the International Patient Summary (HL7 IPS 2.0.1, FHIR R4).

Read from the JSON itself, so that a bundle that breaks a rule still tells what it has; fhir.resources says whether it
does.
"""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from fhir.resources.R4B.bundle import Bundle
from pydantic import ValidationError

from patients.records.clinical.found import MOST_ITEMS, PAST_PROBLEMS, SECTIONS, Item, Summary, day_of
from patients.records.clinical.statements import EMPTY_REASON, REFUTED
from patients.records.models import Section
from patients.records.notes import Note
from patients.records.sources import Unreadable

_TAG = re.compile("<[^>]*>")
# Where no Composition says what is in which section.
_BY_TYPE = {
    "Condition": Section.PROBLEM,
    "AllergyIntolerance": Section.ALLERGY,
    "MedicationStatement": Section.MEDICINE,
    "MedicationRequest": Section.MEDICINE,
}
_IN_ERROR = "entered-in-error"
# Said beside the status, where it is less than certain.
_DOUBTS = frozenset({"unconfirmed", "provisional", "differential"})
MOST_CODINGS = 50
_SINCE = {
    Section.PROBLEM: ("onsetDateTime", "onsetPeriod", "onsetString", "recordedDate"),
    Section.ALLERGY: ("onsetDateTime", "onsetPeriod", "onsetString", "recordedDate"),
    Section.MEDICINE: ("effectivePeriod", "effectiveDateTime", "dateAsserted", "authoredOn"),
}


def read_bundle(stream: BinaryIO) -> Summary:
    """Raises Unreadable when it is no Bundle, or has nothing of the kind in it."""
    content = json.loads(stream.read())
    if content.get("resourceType") != "Bundle":
        raise Unreadable(Note.NO_SUMMARY)
    places = _places(content)
    composition = next((place for place in places if place[1].get("resourceType") == "Composition"), None)
    found = _composed(*composition, _index(content)) if composition else _loose(places, _index(content))
    items = list(islice(found, MOST_ITEMS))
    if not items:
        raise Unreadable(Note.NO_SUMMARY)
    head = composition[1] if composition else {}
    return Summary(
        items=items,
        dated_on=day_of(head.get("date") or content.get("timestamp") or ""),
        language=str(head.get("language") or content.get("language") or ""),
        is_valid=_is_valid(content),
    )


def _is_valid(content):
    try:
        Bundle.model_validate(content)
    except (ValidationError, ValueError, TypeError, AttributeError):
        return False
    return True


def _places(content):
    """(FHIRPath, resource) of each entry."""
    entries = enumerate(_list(content.get("entry")))
    return [(f"Bundle.entry[{number}].resource", _dict(_dict(entry).get("resource"))) for number, entry in entries]


def _index(content):
    """{what a reference may say: (FHIRPath, resource)}"""
    index = {}
    for entry, place in zip(_list(content.get("entry")), _places(content), strict=True):
        index[_dict(entry).get("fullUrl")] = place
        index[f"{place[1].get('resourceType')}/{place[1].get('id')}"] = place
    return index


def _composed(path, composition, index) -> Iterator[Item]:
    for number, section in enumerate(_list(composition.get("section"))):
        yield from _section_items(f"{path}.section[{number}]", _dict(section), index)


def _section_items(path, section, index):
    codes = {_dict(coding).get("code") for coding in _list(_dict(section.get("code")).get("coding"))}
    kind = next((SECTIONS[code] for code in SECTIONS if code in codes), None)
    entries = [_resolve(entry, index) for entry in _list(section.get("entry"))]
    if kind:
        for place in {place[0]: place for place in filter(None, entries)}.values():
            yield from _item(kind, *place, index, is_past=PAST_PROBLEMS in codes)
        if section.get("emptyReason") and not any(entries):
            reason = _dict(section["emptyReason"])
            yield Item(
                section=kind, text=_words(reason), source=f"{path}.emptyReason", code=_coding(reason).get("code", ""),
                code_system=EMPTY_REASON,
            )  # fmt: skip
    for number, inner in enumerate(_list(section.get("section"))):
        yield from _section_items(f"{path}.section[{number}]", _dict(inner), index)


def _loose(places, index):
    for path, resource in places:
        if resource.get("resourceType") in _BY_TYPE:
            yield from _item(_BY_TYPE[resource["resourceType"]], path, resource, index, is_past=False)


def _item(kind, path, resource, index, *, is_past) -> Iterator[Item]:
    """None at all of what was entered in error."""
    verified = _verified(resource)
    if _IN_ERROR in (*verified, resource.get("status")):
        return
    concept = _dict(resource.get("code"))
    detail = _reactions(resource) if kind == Section.ALLERGY else ""
    if kind == Section.MEDICINE:
        concept, detail = _medicine(resource, index), _doses(resource)
    status = _coding(_dict(resource.get("clinicalStatus"))).get("code") or resource.get("status") or ""
    status = status or ("inactive" if is_past else "")
    is_refuted = REFUTED in verified or resource.get("doNotPerform") is True
    yield Item(
        section=kind,
        text=_words(concept) or _narrative(resource),
        source=path,
        detail=detail,
        code=_coding(concept).get("code", ""),
        code_system=_coding(concept).get("system", ""),
        status=REFUTED if is_refuted else ", ".join(filter(None, [status, *(_DOUBTS & verified)])),
        since=_since(resource, kind),
    )


def _verified(resource) -> set[str]:
    """The codes of `verificationStatus`, which before R4 was a code itself."""
    status = resource.get("verificationStatus")
    codings = map(_dict, _list(_dict(status).get("coding"))[:MOST_CODINGS])
    return {status} if isinstance(status, str) else {str(coding.get("code")) for coding in codings}


def _medicine(resource, index):
    if "medicationReference" in resource:
        place = _resolve(resource["medicationReference"], index)
        named = {"text": _dict(resource["medicationReference"]).get("display", "")}
        return _dict(place[1].get("code")) if place else named
    return _dict(resource.get("medicationCodeableConcept"))


def _reactions(resource):
    reactions = []
    for reaction in map(_dict, _list(resource.get("reaction"))):
        words = ", ".join(filter(None, (_words(_dict(sign)) for sign in _list(reaction.get("manifestation")))))
        reactions.append(f"{words} ({reaction['severity']})" if reaction.get("severity") else words)
    if resource.get("criticality"):
        reactions.append(f"criticality: {resource['criticality']}")
    return "; ".join(filter(None, reactions))


def _doses(resource):
    doses = []
    for dose in map(_dict, [*_list(resource.get("dosage")), *_list(resource.get("dosageInstruction"))]):
        amount = _dict(next((_dict(rate).get("doseQuantity") for rate in _list(dose.get("doseAndRate"))), {}))
        repeat = _dict(_dict(dose.get("timing")).get("repeat"))
        every = [repeat.get("frequency", ""), "/", repeat.get("period", ""), repeat.get("periodUnit", "")]
        parts = [
            f"{amount.get('value', '')} {amount.get('unit') or amount.get('code') or ''}",
            "".join(map(str, every)) if repeat.get("period") else "",
            _words(_dict(dose.get("route"))),
        ]
        doses.append(dose.get("text") or ", ".join(part.strip() for part in parts if part.strip()))
    return "; ".join(filter(None, map(str, doses)))


def _since(resource, kind):
    for name in _SINCE[kind]:
        value = resource.get(name)
        if value := _dict(value).get("start") if isinstance(value, dict) else value:
            return str(value)
    return ""


def _resolve(reference, index):
    return index.get(_dict(reference).get("reference"))


def _coding(concept):
    return _dict(next(iter(_list(concept.get("coding"))), {}))


def _words(concept):
    displays = (_dict(coding).get("display") for coding in _list(concept.get("coding"))[:MOST_CODINGS])
    return str(concept.get("text") or next(filter(None, displays), "") or _coding(concept).get("code") or "")


def _narrative(resource):
    """What a person would read, where nothing is coded."""
    return " ".join(_TAG.sub(" ", str(_dict(resource.get("text")).get("div", ""))).split()) or "?"


def _list(value):
    return value if isinstance(value, list) else []


def _dict(value):
    return value if isinstance(value, dict) else {}
