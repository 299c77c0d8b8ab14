"""What a draft has becomes the patient's with the request, and joins what the patient sent before."""

from threading import Thread

import pytest
from django.db import connection, connections, transaction

from patients.intake.models import Draft
from patients.records import vault
from patients.records.documents import adopt_documents, receive_document, remove_document
from patients.records.drafts import remove_draft
from patients.records.models import Document, Instance, Preview, Series, StoredFile, Study
from tests.patients.records.conftest import jpeg
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db


def received(content, **owner):
    file = vault.store_bytes(content=content, media_type="")
    return receive_document(file=file, filename="scan.jpg", **owner)


def study_of(uids, **owner):
    """A study "1.2" with a series "1.2.3" of instances of these UIDs, in one document."""
    study = Study.objects.create(uid="1.2", **owner)
    document = received(jpeg(100 + len(uids)), **owner)
    Document.objects.filter(pk=document.pk).update(study=study)
    series = Series.objects.create(study=study, uid="1.2.3")
    for uid in uids:
        Instance.objects.create(series=series, document=document, uid=uid)
    return study


def test_a_draft_gives_all_it_has(draft, case):
    study, document = study_of(["1"], draft=draft), received(jpeg(60), draft=draft)
    adopt_documents(draft=draft, patient=case.patient)
    document.refresh_from_db()
    study.refresh_from_db()
    assert (document.patient, document.draft) == (study.patient, study.draft) == (case.patient, None)


def test_what_the_patient_has_already_is_not_there_twice(draft, case):
    content = jpeg(60)
    first, again = received(content, patient=case.patient), received(content, draft=draft)
    assert first != again
    adopt_documents(draft=draft, patient=case.patient)
    assert Document.objects.get() == first


def test_two_halves_of_a_study_become_one(draft, case):
    known = study_of(["1", "2"], patient=case.patient)
    new = study_of(["2", "3", "4"], draft=draft)
    Series.objects.create(study=new, uid="1.2.9")
    adopt_documents(draft=draft, patient=case.patient)
    assert Study.objects.get() == known
    assert known.documents.count() == 2
    assert set(known.series.values_list("uid", flat=True)) == {"1.2.3", "1.2.9"}
    assert set(known.series.get(uid="1.2.3").instances.values_list("uid", flat=True)) == {"1", "2", "3", "4"}


def test_nobody_else_gets_anything(draft, case, other_case):
    document = received(jpeg(60), patient=other_case.patient)
    adopt_documents(draft=draft, patient=case.patient)
    document.refresh_from_db()
    assert document.patient == other_case.patient


def test_a_removed_document_leaves_nothing(draft):
    study_of(["1"], draft=draft)
    document = Document.objects.get()
    file = vault.store_bytes(content=b"small", media_type="image/jpeg")
    Preview.objects.create(document=document, page=1, file=file, width=1, height=1)
    remove_document(document=document)
    remove_document(document=document)
    assert not any(model.objects.exists() for model in (Document, Preview, Study, Series, Instance, StoredFile))


def test_a_removed_disc_takes_every_study_that_nothing_else_brings(draft):
    first = study_of(["1"], draft=draft)
    disc = Document.objects.get()
    gone, shared = Study.objects.create(uid="1.3", draft=draft), Study.objects.create(uid="1.4", draft=draft)
    other = received(jpeg(70), draft=draft)
    for study, document in ((gone, disc), (shared, disc), (shared, other)):
        series, _new = Series.objects.get_or_create(study=study, uid=f"{study.uid}.1")
        Instance.objects.create(series=series, document=document, uid=f"{study.uid}.{document.pk.int % 10**20}")
    assert remove_document(document=disc)
    assert Study.objects.get() == shared
    assert not Series.objects.filter(study=first).exists()
    assert Instance.objects.get().document == other


def test_what_was_sent_meanwhile_is_not_taken_back(draft, case):
    document = received(jpeg(60), draft=draft)
    adopt_documents(draft=draft, patient=case.patient)
    assert not remove_document(document=document)
    assert Document.objects.get().file.parts.exists()


def test_what_comes_for_a_sent_draft_is_the_patients(draft, case):
    known = received(content := jpeg(60), patient=case.patient)
    Draft.objects.filter(pk=draft.pk).update(care_request=case.care_request)
    assert received(content, draft=draft) == known
    document = received(jpeg(70), draft=draft)
    assert (document.patient, document.draft) == (case.patient, None)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("wait", ["discard", "remove"])
def test_a_step_that_names_the_draft_does_not_wait_for_who_waits_for_it(draft, wait):
    document = received(jpeg(60), draft=draft)
    trouble = []

    def end_draft():
        try:
            remove_draft(draft=draft) if wait == "discard" else remove_document(document=document)
        except Exception as error:
            trouble.append(error)
        finally:
            connections.close_all()

    thread = Thread(target=end_draft)
    with transaction.atomic():
        Document.objects.select_for_update(of=["self"]).get(pk=document.pk)
        thread.start()
        wait_until(_somebody_waits_for_us, what="the lock")
        Study.objects.create(draft=draft, uid="1.2.3")
    thread.join()
    assert not trouble and not Document.objects.exists()


def _somebody_waits_for_us():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
        return cursor.fetchone()
