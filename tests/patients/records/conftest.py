import os

import pytest
from django.http import HttpResponse

from patients.intake.drafts import hand_key, start_draft

JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(300)


@pytest.fixture
def draft(db):
    return start_draft(language="en", known={})


@pytest.fixture
def holder(client, draft):
    """The test client as the browser that holds the draft."""
    return hold(client, draft)


def hold(client, draft):
    client.cookies.update(hand_key(HttpResponse(), draft).cookies)
    return client


def draft_cookie(draft):
    """The header Cookie of a browser that holds the draft."""
    return hand_key(HttpResponse(), draft).cookies.output(header="", attrs=[]).strip()


def jpeg(size):
    """A file that begins as a JPEG, and no two alike."""
    return (JPEG + os.urandom(size))[:size]
