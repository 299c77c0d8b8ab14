from types import SimpleNamespace

import pytest

from offices.kit import limits
from partners.institutions import access
from tests.partners.systems import PartnerSystem


@pytest.fixture
def partner(client, partner_a, offices, specialty):
    """The system of demo-mx, which holds a token for both scopes."""
    return PartnerSystem(client, partner_a)


@pytest.fixture
def other_partner(client, partner_b, offices, specialty):
    """The system of demo-ae."""
    return PartnerSystem(client, partner_b)


@pytest.fixture
def clock(monkeypatch):
    """What limits and tokens take for now: `clock.now`, in seconds since 1970, stands still unless a test moves it."""
    clock = SimpleNamespace(now=1_790_000_010.0)
    still = SimpleNamespace(time=lambda: clock.now)
    for module in (limits, access):
        monkeypatch.setattr(module, "time", still)
    return clock


@pytest.fixture
def no_redis(settings):
    """Redis is away: nothing listens where it should be."""
    away = settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": away}
