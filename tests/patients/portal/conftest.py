from uuid import uuid4

import pytest
from django.utils import translation


@pytest.fixture
def typed(offices, specialty):
    """A request as a browser sends it."""
    return {
        "submission_id": str(uuid4()),
        "website": "",
        "given_names": "María",
        "family_name": "Núñez",
        "native_name": "",
        "birth_day": "17",
        "birth_month": "5",
        "birth_year": "1980",
        "sex": "",
        "residence_country": "MX",
        "language": "es",
        "email": "maria@example.org",
        "phone": "",
        "time_zone": "",
        "specialty": specialty.code,
        "words": "Tengo dolor en el pecho.",
        "consent": "on",
    }


@pytest.fixture(autouse=True)
def _english():
    """The last page of another test leaves its language to the thread; rows are made in English."""
    with translation.override("en"):
        yield
