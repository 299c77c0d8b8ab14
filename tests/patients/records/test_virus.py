"""The virus scanner: a real clamd that knows the test virus alone."""

import io
import os
import socket
import subprocess
from shutil import which

import pytest

from offices.outbox.models import Delivery, DeliveryState
from patients.records.models import Document, DocumentState, ProcessingStep, StepOutcome
from patients.records.notes import Note, note_text
from patients.records.pipeline import give_up_step
from patients.records.refusals import Refusal, Refused
from patients.records.virus import EICAR, NotScanned, find_test_virus, scan
from tests.patients.records import files
from tests.waiting import wait_until

CLAMD = which("clamd") or which("clamd", path="/usr/sbin")
# A signature of ours for a string of ours: what only clamd finds.
OURS = b"a harmless line that the signatures of these tests name"


@pytest.fixture
def clamd(tmp_path, settings):
    """A clamd with two signatures. `settings.CLAMD_ADDRESS` is its socket."""
    if not CLAMD:
        missing = pytest.fail if os.environ.get("CI", "").lower() == "true" else pytest.skip
        missing("clamd is not installed.")
    signatures = tmp_path / "signatures"
    signatures.mkdir()
    (signatures / "tests.ndb").write_text(f"Eicar-Test:0:*:{EICAR.hex()}\nOurs-Test:0:*:{OURS.hex()}\n")
    socket_path = f"/tmp/clamd-{os.getpid()}.sock"  # the path of a socket must be short
    lines = [
        f"LocalSocket {socket_path}", f"DatabaseDirectory {signatures}", "Foreground yes", "StreamMaxLength 5M",
        f"LogFile {tmp_path}/clamd.log", "ConcurrentDatabaseReload no", "OfficialDatabaseOnly no",
    ]  # fmt: skip
    (tmp_path / "clamd.conf").write_text("\n".join(lines) + "\n")
    with open(tmp_path / "output", "w") as output:
        process = subprocess.Popen([CLAMD, "--config-file", str(tmp_path / "clamd.conf")], stdout=output, stderr=output)
    try:
        wait_until(lambda: _answers(process, socket_path, tmp_path), seconds=60, what="clamd")
        settings.CLAMD_ADDRESS = socket_path
        yield process
    finally:
        process.kill()
        process.wait(30)
        if os.path.exists(socket_path):
            os.unlink(socket_path)


def _answers(process, path, folder):
    assert process.poll() is None, (folder / "output").read_text()
    with socket.socket(socket.AF_UNIX) as there:
        return there.connect_ex(path) == 0


def test_a_virus_that_only_the_scanner_knows(clamd):
    with pytest.raises(Refused) as refused:
        scan(io.BytesIO(b"before " + OURS + b" after"))
    assert refused.value.code == Refusal.VIRUS
    scan(io.BytesIO(b"a report"))


def test_a_file_that_is_too_large_for_the_scanner_is_not_let_through(clamd):
    with pytest.raises(NotScanned):
        scan(io.BytesIO(bytes(8 * 1024 * 1024)))


@pytest.mark.django_db
def test_a_document_with_a_virus_is_quarantined(clamd, draft):
    document = files.send(b"Notes: " + OURS, "notes.txt", draft=draft)
    files.work()
    document.refresh_from_db()
    assert (document.state, document.refusal) == (DocumentState.QUARANTINED, Refusal.VIRUS)


@pytest.mark.django_db
def test_a_document_waits_while_the_scanner_is_away_and_is_read_when_it_is_back(draft, settings, request):
    settings.CLAMD_ADDRESS = "127.0.0.1:9"
    document = files.send(b"Good morning, doctor.", "notes.txt", draft=draft)
    files.work()
    document.refresh_from_db()
    delivery = Delivery.objects.get(subscriber="records.read")
    assert document.state == DocumentState.RECEIVED and not ProcessingStep.objects.exists()
    assert delivery.state == DeliveryState.PENDING and "NotScanned" in delivery.last_error
    request.getfixturevalue("clamd")
    Delivery.objects.update(due_at=document.received_at)
    files.work()
    document.refresh_from_db()
    assert document.state == DocumentState.READY


@pytest.mark.django_db
def test_a_document_that_was_never_scanned_is_never_read(draft, settings):
    settings.CLAMD_ADDRESS = "127.0.0.1:9"
    document = files.send(b"Good morning, doctor.", "notes.txt", draft=draft)
    give_up_step({"document_id": str(document.pk)})
    document.refresh_from_db()
    step = ProcessingStep.objects.get(document=document)
    assert document.state == DocumentState.RECEIVED
    assert (step.outcome, step.detail) == (StepOutcome.FAILED, Note.NOT_CHECKED) and note_text(step.detail)
    settings.CLAMD_ADDRESS = ""
    files.work()
    assert Document.objects.get().state == DocumentState.READY


def test_the_test_virus_between_two_reads():
    for place in (0, 1024 * 1024 - 30, 1024 * 1024, 5000):
        with pytest.raises(Refused):
            find_test_virus(io.BytesIO(bytes(place) + EICAR + bytes(10)))
    find_test_virus(io.BytesIO(EICAR[:-1]))
