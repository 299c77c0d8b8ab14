"""Clinical documents of HL7 (CDA R2, C-CDA R2.1), with the line at which each entry begins."""

from collections.abc import Iterator
from typing import BinaryIO
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import DefusedXMLParser, parse

from patients.records.clinical.found import PAST_PROBLEMS, SECTIONS, Item, Summary, day_of
from patients.records.clinical.statements import NULL_FLAVOR
from patients.records.models import Section
from patients.records.notes import Note
from patients.records.sources import Unreadable

NS = {"": "urn:hl7-org:v3"}
# OIDs of code systems by the addresses that FHIR uses for them.
_SYSTEMS = {
    "2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "2.16.840.1.113883.6.88": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "2.16.840.1.113883.6.90": "http://hl7.org/fhir/sid/icd-10-cm",
    "2.16.840.1.113883.6.3": "http://hl7.org/fhir/sid/icd-10",
    "2.16.840.1.113883.6.1": "http://loinc.org",
    "2.16.840.1.113883.6.73": "http://www.whocc.no/atc",
}
# Observations inside others: severity, status and reaction, by template or by code.
_SEVERITY, _STATUS = {"SEV"}, {"33999-4"}
NARRATIVE_LETTERS = 500


class _LinesParser(DefusedXMLParser):
    """Elements know the line at which they begin."""

    def _start(self, *args):
        element = super()._start(*args)
        element.line = self.parser.CurrentLineNumber
        return element


def read_cda(stream: BinaryIO) -> Summary:
    """Raises Unreadable when there is nothing of the kind in it."""
    root = parse(stream, parser=_LinesParser(forbid_dtd=True)).getroot()
    items = [item for section in root.iter(f"{{{NS['']}}}section") for item in _section_items(section)]
    if not items:
        raise Unreadable(Note.NO_SUMMARY)
    return Summary(
        items=items,
        dated_on=day_of(_value(root, "effectiveTime", "value") or _value(root, "effectiveTime/low", "value")),
        language=_value(root, "languageCode", "code"),
    )


def _section_items(section: Element) -> Iterator[Item]:
    loinc = _value(section, "code", "code")
    if loinc not in SECTIONS:
        return
    kind, found = SECTIONS[loinc], False
    for entry in section.findall("entry", NS):
        for item in _ENTRIES[kind](entry, section):
            found = True
            yield item
    if not found:
        yield from _narrated(section, kind)


def _narrated(section, kind):
    """A section without entries: its words, and that it is empty where it says so (`nullFlavor`)."""
    text, empty = _plain(section.find("text", NS))[:NARRATIVE_LETTERS], section.get("nullFlavor", "")
    if text or empty:
        system = NULL_FLAVOR if empty else ""
        yield Item(section=kind, text=text or empty, source=_source(section), code=empty, code_system=system)


def _concerns(entry):
    """What an act of concern is about, or an observation that stands alone."""
    return [*entry.findall("act/entryRelationship/observation", NS), *entry.findall("observation", NS)]


def _state(entry, observation):
    return _inner(observation, _STATUS) or _value(entry, "act/statusCode", "code")


def _problems(entry, section):
    past = "inactive" if _value(section, "code", "code") == PAST_PROBLEMS else ""
    for observation in _concerns(entry):
        status = _state(entry, observation) or past
        yield _item(Section.PROBLEM, observation, observation.find("value", NS), section, status=status)


def _allergies(entry, section):
    for observation in _concerns(entry):
        agent = observation.find("participant/participantRole/playingEntity/code", NS)
        if observation.get("negationInd") == "true" or agent is None or agent.get("nullFlavor"):
            agent = observation.find("value", NS)
        status, detail = _state(entry, observation), _reactions(observation, section)
        yield _item(Section.ALLERGY, observation, agent, section, status=status, detail=detail)


def _medicines(entry, section):
    for given in entry.findall("substanceAdministration", NS):
        material = given.find("consumable/manufacturedProduct/manufacturedMaterial", NS)
        code = material.find("code", NS) if material is not None else None
        name = material.findtext("name", "", NS) if material is not None else ""
        status = _value(given, "statusCode", "code")
        yield _item(Section.MEDICINE, given, code, section, status=status, detail=_dose(given, section), name=name)


_ENTRIES = {Section.PROBLEM: _problems, Section.ALLERGY: _allergies, Section.MEDICINE: _medicines}


def _item(kind, element, code, section, *, status, detail="", name="") -> Item:
    """`negationInd` turns "drug allergy" into "no known drug allergy"."""
    is_negated = element.get("negationInd") == "true"
    text = _words(code, section) or name.strip() or _narrative(element, section)
    return Item(
        section=kind,
        text=text or "?",
        source=_source(element),
        detail=detail,
        code="negated" if is_negated else _attribute(code, "code") or _attribute(code, "nullFlavor"),
        code_system=NULL_FLAVOR if is_negated else _system(code),
        status=status,
        since=_value(element, "effectiveTime/low", "value") or _value(element, "effectiveTime", "value"),
    )


def _reactions(observation, section):
    signs = []
    for sign in observation.findall("entryRelationship[@typeCode='MFST']/observation", NS):
        severity = _inner(sign, _SEVERITY)
        words = _words(sign.find("value", NS), section)
        signs.append(f"{words} ({severity})" if severity else words)
    severity = _inner(observation, _SEVERITY)
    return "; ".join(filter(None, [*signs, severity]))


def _inner(observation, codes):
    """The value of an observation about this one: its severity, its status."""
    for inner in observation.findall("entryRelationship/observation", NS):
        if _value(inner, "code", "code") in codes:
            return _attribute(inner.find("value", NS), "displayName") or _value(inner, "value", "code")
    return ""


def _dose(given, section):
    dose, period = given.find("doseQuantity", NS), given.find("effectiveTime/period", NS)
    parts = [
        f"{_attribute(dose, 'value')} {_attribute(dose, 'unit')}".strip(),
        f"/ {_attribute(period, 'value')} {_attribute(period, 'unit')}" if period is not None else "",
        _attribute(given.find("routeCode", NS), "displayName"),
    ]
    return ", ".join(filter(None, parts)) or _narrative(given, section)


def _words(code, section):
    if code is None:
        return ""
    reference = _value(code, "originalText/reference", "value")
    own = " ".join((code.findtext("originalText", "", NS) or "").split())
    translated = next((name for other in code.findall("translation", NS) if (name := other.get("displayName"))), "")
    return code.get("displayName") or own or _pointed(reference, section) or translated or code.get("code") or ""


def _narrative(element, section):
    return _pointed(_value(element, "text/reference", "value"), section)


def _pointed(reference, section):
    """The words of the section's narrative that "#id" points at."""
    if not reference.startswith("#"):
        return ""
    for element in section.iter():
        if element.get("ID") == reference[1:]:
            return _plain(element)
    return ""


def _plain(element):
    return " ".join(" ".join(element.itertext()).split()) if element is not None else ""


def _system(code):
    if code is None:
        return ""
    if code.get("nullFlavor") and not code.get("code"):
        return NULL_FLAVOR
    oid = code.get("codeSystem", "")
    return _SYSTEMS.get(oid, f"urn:oid:{oid}" if oid else "")


def _source(element):
    return f"line {element.line}"


def _value(element, path, attribute) -> str:
    return _attribute(element.find(path, NS), attribute)


def _attribute(element, name) -> str:
    return element.get(name, "") if element is not None else ""
