"""Reading documents: what becomes of each type of file, and that nothing is lost wherever a worker dies."""

import io
import json
import resource
from contextlib import contextmanager
from datetime import date, timedelta
from shutil import which

import pypdfium2
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from offices.outbox.models import Attempt, Delivery, DeliveryState, Event
from offices.outbox.services import RETRY_DELAYS, make_delivery
from patients.records import pipeline, steps, vault
from patients.records.inspection import names
from patients.records.limits import MOST_STEP_BYTES
from patients.records.models import (
    ClinicalItem,
    Document,
    DocumentKind,
    DocumentState,
    DocumentText,
    Instance,
    Preview,
    StepOutcome,
    StoredFile,
)
from patients.records.notes import Note, note_text, write_note
from patients.records.pipeline import give_up_step, restart_reading, run_step
from patients.records.refusals import Refusal
from patients.records.steps import STEPS, Step, steps_of
from patients.records.virus import EICAR
from tests.patients.records import files
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db

CONDITION = {"resource": {"resourceType": "Condition", "code": {"text": "Asthma"}}}
SUMMARY = json.dumps({"resourceType": "Bundle", "type": "document", "entry": [CONDITION]}).encode()
STUDY = files.zipped({f"IM{number}": files.dicom(number=number) for number in range(1, 4)} | {"README": b"x"})
SENT = {
    "informe.pdf": files.pdf(files.REPORT),
    "photo.jpg": files.picture(),
    "phone.heic": files.picture(format="HEIF"),
    "fax.tiff": files.picture(format="TIFF", mode="L"),
    "carta.docx": files.docx(*files.REPORT.splitlines()),
    "results.xlsx": files.xlsx(["Hemoglobina", 12.5], ["Leucocitos", 4.1]),
    "carta.odt": files.odf(names.ODT, f"<text:p>{files.REPORT}</text:p>"),
    "notes.txt": files.REPORT.encode("cp1252"),
    "results.csv": b"Hb,12.5\nNa,140\n",
    "letter.rtf": rb"{\rtf1 Dear doctor, this is a referral letter about my patient.}",
    "slice.dcm": files.dicom(),
    "study.zip": STUDY,
    "summary.json": SUMMARY,
}


@pytest.fixture(autouse=True)
def _no_ocr(monkeypatch):
    """Scans take long, and are tested elsewhere."""
    monkeypatch.setattr("patients.records.reading.ocr.is_there", lambda: False)


def read(content, filename, **owner):
    document = files.send(content, filename, **owner)
    files.work()
    document.refresh_from_db()
    return document


def state_of(document):
    """All that was read in a document, to be compared."""
    document.refresh_from_db()
    text = DocumentText.objects.filter(document=document).values_list("text", "source").first()
    return {
        "state": document.state, "kind": document.kind, "dated_on": document.dated_on, "language": document.language,
        "pages": document.pages, "study": document.study and document.study.uid, "text": text,
        "steps": list(document.processing.values_list("step", "outcome", "detail", "position")),
        "previews": list(Preview.objects.filter(document=document).values_list("page", "width", "height")),
        "instances": list(Instance.objects.filter(document=document).values_list("uid", "member")),
        "items": list(ClinicalItem.objects.filter(document=document).values_list("section", "text", "position")),
        "files": StoredFile.objects.count(),
    }  # fmt: skip


def test_a_report_is_read(draft):
    document = read(SENT["informe.pdf"], "informe.pdf", draft=draft)
    assert document.state == DocumentState.READY and document.file.media_type == names.PDF
    assert (document.kind, document.dated_on) == (DocumentKind.IMAGING_REPORT, date(2024, 3, 12))
    assert (document.language, document.pages) == ("es", 1)
    assert "Resonancia" in document.text.text
    preview = document.previews.get()
    with vault.open_file(preview.file) as stream:
        assert stream.read(2) == b"\xff\xd8"
    assert (preview.page, preview.width, preview.height) == (1, 707, 1000)
    outcomes = dict(document.processing.values_list("step", "outcome"))
    assert outcomes == dict.fromkeys(["inspect", "preview", "text", "language", "kind_and_date"], StepOutcome.DONE)


@pytest.mark.parametrize("filename", SENT)
def test_every_type_becomes_ready(draft, filename):
    document = read(SENT[filename], filename, draft=draft)
    assert document.state == DocumentState.READY
    assert tuple(document.processing.values_list("step", flat=True)) == steps_of(document.file.media_type)
    assert not document.processing.filter(outcome__in=[StepOutcome.WAITING, StepOutcome.FAILED]).exists()
    assert not Delivery.objects.exclude(state=DeliveryState.DONE).exists()


@pytest.mark.skipif(not which("tesseract"), reason="Tesseract is not installed.")
def test_a_scan_is_read(draft, monkeypatch):
    monkeypatch.undo()
    with pypdfium2.PdfDocument(files.pdf("DISCHARGE SUMMARY\nDate of discharge: 12 March 2024")) as page:
        content = io.BytesIO()
        page[0].render(scale=2.5).to_pil().save(content, "JPEG")
    document = read(content.getvalue(), "scan.jpg", draft=draft)
    assert (document.kind, document.dated_on) == (DocumentKind.DISCHARGE, date(2024, 3, 12))
    assert document.text.source == "ocr"


@pytest.mark.parametrize(
    ("filename", "content", "code"),
    [
        ("notes.txt", b"x " + EICAR, Refusal.VIRUS),
        ("photo.jpg", files.picture((800, 800))[:-200], Refusal.BROKEN),
        ("papers.zip", files.zipped({"a.txt": b"x"}), Refusal.ZIP_NO_STUDY),
        ("report.pdf", files.pdf("x", size=(14_000, 14_000)), Refusal.PIXEL_FLOOD),
    ],
)
def test_what_is_not_accepted_is_quarantined_and_not_read(draft, filename, content, code):
    document = read(content, filename, draft=draft)
    assert (document.state, document.refusal) == (DocumentState.QUARANTINED, code)
    assert not document.previews.exists() and not document.processing.exists()
    for step in STEPS:
        run_step({"document_id": str(document.pk), "step": step})
        give_up_step({"document_id": str(document.pk), "step": step})
    assert state_of(document)["state"] == DocumentState.QUARANTINED and not document.processing.exists()


def broken_step(monkeypatch, step, error):
    """Let the work of a step raise; returns a function that mends it."""
    whole = STEPS[step]

    def work(document):
        raise error

    monkeypatch.setitem(steps.STEPS, step, Step(work, whole.keep))
    return lambda: monkeypatch.setitem(steps.STEPS, step, whole)


@pytest.mark.parametrize("step", ["preview", "text", "language", "kind_and_date"])
def test_a_step_that_cannot_be_done_does_not_keep_the_others_from_it(draft, monkeypatch, step):
    broken_step(monkeypatch, step, pipeline.Unreadable())
    document = read(SENT["informe.pdf"], "informe.pdf", draft=draft)
    outcomes = dict(document.processing.values_list("step", "outcome"))
    assert document.state == DocumentState.READY and outcomes.pop(step) == StepOutcome.FAILED
    assert set(outcomes.values()) == {StepOutcome.DONE}
    assert note_text(document.processing.get(step=step).detail).startswith("We could not read")


def test_a_page_that_breaks_its_reader_is_a_step_that_failed(draft, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("whatever a library raises")

    monkeypatch.setattr("patients.records.steps.draw_previews", broken)
    document = read(SENT["informe.pdf"], "informe.pdf", draft=draft)
    assert document.state == DocumentState.READY
    assert document.processing.get(step="preview").outcome == StepOutcome.FAILED


def test_a_passing_failure_is_tried_again(draft, monkeypatch):
    mend = broken_step(monkeypatch, "text", OperationalError("The database is away."))
    document = read(SENT["informe.pdf"], "informe.pdf", draft=draft)
    assert document.state == DocumentState.CHECKED
    assert document.processing.get(step="text").outcome == StepOutcome.WAITING
    mend()
    Delivery.objects.update(due_at=timezone.now())
    files.work()
    document.refresh_from_db()
    assert document.state == DocumentState.READY and "Resonancia" in document.text.text


def test_storage_that_is_away_is_no_fault_of_the_file(draft, monkeypatch):
    document = files.send(SENT["informe.pdf"], "informe.pdf", draft=draft)

    def away(self, count):
        raise ConnectionError("The storage is away.")

    with monkeypatch.context() as patch:
        patch.setattr(vault._Reader, "read_some", away)
        files.work()
    document.refresh_from_db()
    assert document.state == DocumentState.RECEIVED
    Delivery.objects.update(due_at=timezone.now())
    files.work()
    document.refresh_from_db()
    assert document.state == DocumentState.READY


def test_a_step_that_is_given_up_does_not_hold_the_others(draft, monkeypatch):
    broken_step(monkeypatch, "text", OperationalError("away"))
    document = read(SENT["informe.pdf"], "informe.pdf", draft=draft)
    for _ in RETRY_DELAYS:
        Delivery.objects.filter(state=DeliveryState.PENDING).update(due_at=timezone.now())
        files.work()
    document.refresh_from_db()
    failed = document.processing.get(step="text")
    assert document.state == DocumentState.READY
    assert (failed.outcome, failed.detail) == (StepOutcome.FAILED, Note.GIVEN_UP)
    assert Delivery.objects.filter(state=DeliveryState.DEAD).count() == 1


class Killed(BaseException):
    """Stands for the end of a worker: no handler of errors sees it."""


def kill_and_take_over(number, patch):
    """Have delivery `number` end with its worker, then let its lease run out and others do the rest."""
    done = 0
    while True:
        due = Delivery.objects.due().order_by("id").values_list("pk", flat=True).first()
        if due is None:
            return done
        done += 1
        if done == number:
            with patch(), pytest.raises(Killed):
                make_delivery(due)
            Delivery.objects.filter(leased_until__isnull=False).update(
                leased_until=timezone.now() - timedelta(seconds=1)
            )
        else:
            make_delivery(due)


def before_the_commit(monkeypatch):
    """The worker dies inside the transaction of a step, when all is written and nothing committed."""

    def patch():
        context = monkeypatch.context()

        class Patched:
            def __enter__(self):
                patched = context.__enter__()

                def die(*args, **kwargs):
                    raise Killed

                for place in ("pipeline._go_on", "dicom._replace_picture"):
                    patched.setattr(f"patients.records.{place}", die)

            def __exit__(self, *args):
                return context.__exit__(*args)

        return Patched()

    return patch


def after_the_commit(monkeypatch):
    """The worker dies when the step is committed, before the outbox hears that it is done."""

    def patch():
        context = monkeypatch.context()

        class Patched:
            def __enter__(self):
                patched = context.__enter__()

                def die(*args, **kwargs):
                    raise Killed

                patched.setattr("offices.outbox.services._record_attempt", die)

            def __exit__(self, *args):
                return context.__exit__(*args)

        return Patched()

    return patch


CHAINS = [("informe.pdf", 5), ("carta.docx", 4), ("summary.json", 2), ("slice.dcm", 2), ("study.zip", 3)]


@pytest.mark.parametrize("death", [before_the_commit, after_the_commit])
@pytest.mark.parametrize(("filename", "number"), [(name, n) for name, count in CHAINS for n in range(1, count + 1)])
def test_nothing_is_lost_when_the_worker_dies_at_any_step(draft, case, monkeypatch, filename, number, death):
    expected = state_of(read(SENT[filename], filename, patient=case.care_request.patient))
    there = expected.pop("files")
    document = files.send(SENT[filename], filename, draft=draft)
    killed = kill_and_take_over(number, death(monkeypatch))
    assert killed >= number
    found = state_of(document)
    assert found.pop("files") == 2 * there
    assert found == expected
    assert not Delivery.objects.filter(state=DeliveryState.PENDING).exists()
    assert found["state"] == DocumentState.READY


@pytest.mark.parametrize("filename", ["informe.pdf", "study.zip", "summary.json"])
def test_events_that_come_twice_change_nothing(draft, filename):
    document = read(SENT[filename], filename, draft=draft)
    before = state_of(document)
    for event in Event.objects.filter(name__startswith="document."):
        run_step(event.payload)
    files.work()
    assert state_of(document) == before


def test_a_step_out_of_turn_does_nothing(draft):
    document = files.send(SENT["informe.pdf"], "informe.pdf", draft=draft)
    run_step({"document_id": str(document.pk), "step": "text"})
    assert not document.processing.exists()
    make_delivery(Delivery.objects.get().pk)
    run_step({"document_id": str(document.pk), "step": "language"})
    assert document.processing.get(step="language").outcome == StepOutcome.WAITING


def test_a_document_that_was_taken_back_is_not_missed(draft):
    document = files.send(SENT["informe.pdf"], "informe.pdf", draft=draft)
    Document.objects.filter(pk=document.pk).delete()
    files.work()
    assert Delivery.objects.get().state == DeliveryState.DONE


@pytest.mark.parametrize("filename", ["informe.pdf", "study.zip", "summary.json"])
def test_reading_again_from_the_start(draft, coordinator, filename):
    document = read(SENT[filename], filename, draft=draft)
    before = state_of(document)
    restart_reading(document=document, actor=coordinator)
    assert document.processing.count() == 0
    files.work()
    assert state_of(document) == before


def test_reading_again_what_was_not_accepted(draft, coordinator, monkeypatch):
    monkeypatch.setattr("patients.records.inspection.papers.MOST_PIXELS", 10)
    document = read(SENT["informe.pdf"], "informe.pdf", draft=draft)
    assert document.refusal == Refusal.PIXEL_FLOOD
    monkeypatch.undo()
    restart_reading(document=document, actor=coordinator)
    files.work()
    document.refresh_from_db()
    assert (document.state, document.refusal) == (DocumentState.READY, "")


def test_a_virus_that_the_scanner_learned_later(draft, coordinator, monkeypatch):
    document = read(b"Good morning", "notes.txt", draft=draft)
    monkeypatch.setattr("patients.records.virus.EICAR", b"morning")
    restart_reading(document=document, actor=coordinator)
    files.work()
    document.refresh_from_db()
    assert (document.state, document.refusal) == (DocumentState.QUARANTINED, Refusal.VIRUS)


def test_what_a_person_stated_stays(draft, coordinator):
    document = files.send(SENT["informe.pdf"], "informe.pdf", draft=draft)
    Document.objects.update(kind=DocumentKind.LETTER, dated_on=None, confirmed_by=coordinator)
    files.work()
    document.refresh_from_db()
    assert (document.kind, document.dated_on) == (DocumentKind.LETTER, None)


def test_what_the_sender_stated_stays(draft):
    document = files.send(SENT["informe.pdf"], "informe.pdf", draft=draft)
    Document.objects.update(kind=DocumentKind.LETTER)
    files.work()
    document.refresh_from_db()
    assert (document.kind, document.dated_on) == (DocumentKind.LETTER, date(2024, 3, 12))


def test_the_birth_date_of_a_patient_is_not_the_documents(case):
    patient = case.care_request.patient
    document = read(f"Visto {patient.birth_date:%d/%m/%Y}".encode(), "notes.txt", patient=patient)
    assert document.dated_on is None


def test_notes_keep_their_counts():
    detail = write_note(Note.SOME_PAGES, done=10, total=25)
    assert note_text(detail) == "10 of 25 pages were read."
    assert note_text("") == "" and note_text("of another version") == "of another version"


def test_a_step_gets_so_much_memory_and_no_more(draft, monkeypatch):
    def fill(document):
        return len(bytearray(MOST_STEP_BYTES + 512 * 1024**2))

    monkeypatch.setitem(STEPS, steps.TEXT, Step(fill, STEPS[steps.TEXT].keep))
    document = read(SENT["carta.odt"], "carta.odt", draft=draft)
    step = document.processing.get(step=steps.TEXT)
    assert document.state == DocumentState.READY
    assert (step.outcome, step.detail) == (StepOutcome.FAILED, write_note(Note.UNREADABLE))
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY


def test_a_large_file_has_more_time_for_each_step(draft, monkeypatch):
    monkeypatch.setattr(pipeline, "LARGE_BYTES", 10)
    document = read(SENT["study.zip"], "study.zip", draft=draft)
    assert document.state == DocumentState.READY and Instance.objects.count() == 3
    large = Event.objects.filter(name="document.large_step").order_by("id")
    assert [event.payload["step"] for event in large] == [steps.INSPECT, steps.DICOM]
    assert not Delivery.objects.exclude(state=DeliveryState.DONE).exists()
    assert not document.processing.exclude(outcome=StepOutcome.DONE).exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_real_worker_killed_again_and_again(draft, celery_worker):
    """Each document is read to its end once, though the worker was killed with SIGKILL in the middle of steps."""
    rounds = (["informe.pdf", "carta.docx", "study.zip"], ["summary.json", "slice.dcm", "results.xlsx"])
    documents = []
    for killed, sent in enumerate(rounds, start=1):
        with steps_held_up() as is_held_up:
            documents += [files.send(SENT[name], name, draft=draft) for name in sent]
            wait_until(is_held_up, seconds=60, what="a step whose result cannot be kept")
            celery_worker.kill()
            assert Delivery.objects.filter(state=DeliveryState.PENDING, leased_until__isnull=False).exists()
        celery_worker.start()
        wait_until(
            lambda killed=killed: Attempt.objects.filter(error=DIED).count() >= killed,
            seconds=60,
            what="the step that was killed, tried again",
        )
    wait_until(
        lambda: (
            not Document.objects.exclude(state=DocumentState.READY).exists()
            and not Delivery.objects.filter(state=DeliveryState.PENDING).exists()
        ),
        seconds=120,
        what="the end of reading",
    )
    for document in documents:
        document.refresh_from_db()
        assert not document.processing.exclude(outcome__in=[StepOutcome.DONE, StepOutcome.SKIPPED]).exists()
    assert Instance.objects.count() == 3 and ClinicalItem.objects.count() == 1


DIED = "The worker ended before it was done."


@contextmanager
def steps_held_up():
    """No step that is at work can write its outcome. Gives whether one waits to."""
    holder = connection.copy()
    holder.set_autocommit(False)
    try:
        with holder.cursor() as cursor:
            cursor.execute("LOCK TABLE records_processingstep IN SHARE MODE")
        yield _waits_for_the_table
    finally:
        holder.rollback()
        holder.close()


def _waits_for_the_table():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'records_processingstep'::regclass"
        )
        return cursor.fetchone()[0]
