"""Clinical documents of HL7 (CDA R2, C-CDA R2.1), with the line at which each entry begins."""

from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import DefusedXMLParser, parse

from patients.records.clinical.found import MOST_ITEMS, PAST_PROBLEMS, SECTIONS, Item, Summary, day_of
from patients.records.clinical.statements import NULL_FLAVOR, REFUTED
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
# SNOMED CT of what is negated for "none known" rather than "ruled out": problem, disease, finding, drug, allergies.
_ANY = frozenset(
    {
        "55607006", "64572001", "404684003", "410942007", "106190000", "419199007", "416098002", "414285001",
        "426232007", "420134006", "418038007", "419511003", "418471000",
    }
)  # fmt: skip
_IN_ERROR = "nullified"
# Of a narrative: letters that are kept, and pieces of text that are looked at for them.
NARRATIVE_LETTERS, NARRATIVE_PIECES = 500, 1000
MOST_REACTIONS = 50


class _LinesParser(DefusedXMLParser):
    """Elements know the line at which they begin."""

    def _start(self, *args):
        element = super()._start(*args)
        element.line = self.parser.CurrentLineNumber
        return element


def read_cda(stream: BinaryIO) -> Summary:
    """Raises Unreadable when there is nothing of the kind in it."""
    root = parse(stream, parser=_LinesParser(forbid_dtd=True)).getroot()
    items = list(islice(_items(root), MOST_ITEMS))
    if not items:
        raise Unreadable(Note.NO_SUMMARY)
    return Summary(
        items=items,
        dated_on=day_of(_value(root, "effectiveTime", "value") or _value(root, "effectiveTime/low", "value")),
        language=_value(root, "languageCode", "code"),
    )


def _items(root: Element) -> Iterator[Item]:
    by_id = {f"#{element.get('ID')}": element for element in root.iter() if element.get("ID")}
    for section in root.iter(f"{{{NS['']}}}section"):
        section.by_id = by_id
        yield from _section_items(section)


def _section_items(section: Element) -> Iterator[Item]:
    loinc = _value(section, "code", "code")
    if loinc not in SECTIONS:
        return
    kind, found = SECTIONS[loinc], False
    for entry in section.findall("entry", NS):
        for item in _ENTRIES[kind](entry, section):
            found = True
            if item:
                yield item
    if not found:
        yield from _narrated(section, kind)


def _narrated(section, kind):
    """A section without entries: its words, and that it is empty where it says so (`nullFlavor`)."""
    text, empty = _plain(section.find("text", NS)), section.get("nullFlavor", "")
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
        if agent is None or agent.get("nullFlavor"):
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


def _item(kind, element, code, section, *, status, detail="", name="") -> Item | None:
    """`negationInd` turns "drug allergy" into "no known drug allergy", and rules "diabetes" out. None for what was
    entered in error."""
    if _IN_ERROR in (status, _value(element, "statusCode", "code")):
        return None
    text = _words(code, section) or name.strip() or _narrative(element, section)
    is_negated = element.get("negationInd") in ("true", "1")
    is_none = is_negated and (not text or _attribute(code, "code") in _ANY or bool(_attribute(code, "nullFlavor")))
    return Item(
        section=kind,
        text=text or "?",
        source=_source(element),
        detail=detail,
        code="negated" if is_none else _attribute(code, "code") or _attribute(code, "nullFlavor"),
        code_system=NULL_FLAVOR if is_none else _system(code),
        status=REFUTED if is_negated else status,
        since=_value(element, "effectiveTime/low", "value") or _value(element, "effectiveTime", "value"),
    )


def _reactions(observation, section):
    signs = []
    for sign in observation.findall("entryRelationship[@typeCode='MFST']/observation", NS)[:MOST_REACTIONS]:
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
    return _plain(section.by_id.get(reference))


def _plain(element):
    if element is None:
        return ""
    pieces = (piece[:NARRATIVE_LETTERS] for piece in islice(_pieces(element), NARRATIVE_PIECES))
    return " ".join(" ".join(pieces).split())[:NARRATIVE_LETTERS]


def _pieces(element) -> Iterator[str]:
    """As `itertext`, and something for every element, so that whoever counts comes to an end."""
    yield element.text or ""
    for child in element:
        yield from _pieces(child)
        yield child.tail or ""


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
