from datetime import time

import pytest
from django.utils import translation

from offices.directory.models import OfficeChannel
from tests.factories import (
    OfficeFactory,
    PhysicianFactory,
    ProgrammeFactory,
    RegionFactory,
    ServiceLineFactory,
    SpecialtyFactory,
)


@pytest.fixture(autouse=True)
def _english():
    """The last page of another test leaves its language to the thread; rows are made in English."""
    with translation.override("en"):
        yield


@pytest.fixture
def catalogue(db):
    """A specialty with a programme, and what is not offered: one without the mark, one whose physician has left."""
    line = ServiceLineFactory(code="heart", name="Heart and vessels")
    lead = PhysicianFactory(code="rao", name="Dr. Anika Rao", title="Director of Cardiology")
    gone = PhysicianFactory(code="gone", name="Dr. Ghost Former", is_active=False)
    heart = SpecialtyFactory(
        code="cardiology", service_line=line, lead=lead, summary="Care for the heart.",
        name_en="Cardiology", name_es="Cardiología del corazón", name_ar="أمراض القلب", name_zh_hans="心脏科",
        name_ru="Кардиология", summary_zh_hans="治疗心脏疾病。",
    )  # fmt: skip
    lungs = SpecialtyFactory(code="pulmonology", name_en="Pulmonology", name_zh_hans="肺科", lead=lead)
    ProgrammeFactory(
        code="valves", name="Valve repair", specialty=heart, lead=PhysicianFactory(code="kim", name="Dr. Joon Kim")
    )
    ProgrammeFactory(code="dream", name="Dreamwork programme", specialty=heart, is_offered=False)
    SpecialtyFactory(code="wishing", name="Wishing unoffered", is_offered=False)
    SpecialtyFactory(code="ghosts", name="Ghosts unoffered", lead=gone)
    ProgrammeFactory(code="orphan", name="Orphan programme", specialty=SpecialtyFactory(code="wishing"))
    return {"heart": heart, "lungs": lungs}


@pytest.fixture
def places(db):
    """Offices on the map, one without a place."""
    gulf = RegionFactory(code="gulf", name="Arabian Gulf")
    abu_dhabi = OfficeFactory(
        code="abu-dhabi", city="Abu Dhabi", region=gulf, time_zone="Asia/Dubai", languages=["ar", "en"], latitude="24.454",
        longitude="54.377", countries=["AE", "OM"], does="Books interpreters\nHelps with visas", does_not="Takes payments",
        phone="+13105550104", hours=[(day, time(8), time(12)) for day in range(1, 6)] + [(1, time(13), time(17))],
    )  # fmt: skip
    OfficeChannel.objects.create(office=abu_dhabi, kind="whatsapp", address="+13105550194")
    return {
        "abu-dhabi": abu_dhabi,
        "mexico-city": OfficeFactory(latitude="19.433", longitude="-99.133", holiday_country="MX", countries=["MX"]),
        "nowhere": OfficeFactory(code="nowhere", is_fallback=True, time_zone="America/Los_Angeles"),
    }
