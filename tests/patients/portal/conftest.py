import pytest
from django.utils import translation

from patients.intake.models import Draft
from tests.patients.portal.walking import begin


@pytest.fixture
def begun(client, offices, specialty) -> Draft:
    """A request that this browser has begun."""
    begin(client)
    return Draft.objects.get()


@pytest.fixture(autouse=True)
def _english():
    """The last page of another test leaves its language to the thread; rows are made in English."""
    with translation.override("en"):
        yield
