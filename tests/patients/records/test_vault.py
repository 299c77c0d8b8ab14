"""Patients' files at rest: any range comes back, and what was touched in the storage does not open."""

import hashlib
import io
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patients.records import tasks, vault
from patients.records.documents import receive_document
from patients.records.models import FilePart, Preview, SharedStudy, StoredFile, Study, Upload
from tests.factories import StaffFactory
from tests.patients.records.conftest import jpeg

FRAME = vault.FRAME_BYTES
WORDS = bytes(range(256)) * 1200  # 4.7 frames

pytestmark = pytest.mark.django_db


class BreakingLine(io.BytesIO):
    """A line that breaks after `good` bytes."""

    def __init__(self, content, good):
        super().__init__(content)
        self.good = good

    def read(self, count=-1):
        if self.tell() >= self.good:
            raise ConnectionResetError
        return super().read(min(count, self.good - self.tell()))


def append(file, stream, limit):
    part = vault.write_part(file=file, start=file.size, stream=stream, limit=limit)
    vault.keep_part(file=file, part=part)
    return part.size


def in_parts(*contents):
    file = vault.create_file()
    for content in contents:
        append(file, io.BytesIO(content), len(content))
    return file


def read_all(file):
    with vault.open_file(StoredFile.objects.get(pk=file.pk)) as opened:
        return opened.read()


def stored(part):
    with storages["records"].open(part.name) as opened:
        return opened.read()


def overwrite(part, content):
    storages["records"].delete(part.name)
    assert storages["records"].save(part.name, ContentFile(content)) == part.name


@pytest.mark.parametrize("size", [0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME])
def test_a_file_comes_back_whole(size):
    content = WORDS[:size]
    file = vault.store_bytes(content=content, media_type="image/jpeg")
    assert read_all(file) == content
    assert file.size == size
    assert file.sha256 == hashlib.sha256(content).hexdigest()


def test_a_long_stream_becomes_several_parts(monkeypatch):
    monkeypatch.setattr(vault, "PART_BYTES", 2 * FRAME)
    file = vault.store_bytes(content=io.BytesIO(WORDS), media_type="")
    assert [part.size for part in file.parts.all()] == [2 * FRAME, 2 * FRAME, len(WORDS) - 4 * FRAME]
    assert read_all(file) == WORDS


def test_nothing_of_a_file_lies_open_in_the_storage():
    file = vault.store_bytes(content=b"Patient: Layla Haddad. " * 1000, media_type="")
    part = file.parts.get()
    assert b"Layla" not in stored(part)
    assert str(file.pk) not in part.name


@pytest.fixture
def in_five_parts():
    return in_parts(WORDS[:1], WORDS[1:FRAME], WORDS[FRAME : 3 * FRAME + 5], WORDS[3 * FRAME + 5 : -1], WORDS[-1:])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.integers(0, len(WORDS)), st.integers(0, len(WORDS) + 10))
def test_any_range_is_read(in_five_parts, start, end):
    assert b"".join(vault.read_range(in_five_parts, start, end)) == WORDS[start:end]
    with vault.open_file(in_five_parts) as opened:
        opened.seek(start)
        assert opened.read(max(end - start, 0)) == WORDS[start:end]


def test_what_came_before_the_line_broke_is_kept():
    file = vault.create_file()
    kept = append(file, BreakingLine(WORDS, good=70_001), len(WORDS))
    assert kept == 70_001
    assert read_all(file) == WORDS[:70_001]
    assert append(file, BreakingLine(b"", good=0), 5) == 0
    assert file.parts.count() == 1


def test_no_more_than_the_limit_is_taken():
    file, stream = vault.create_file(), io.BytesIO(WORDS)
    assert append(file, stream, FRAME + 3) == FRAME + 3
    assert stream.read(1) == WORDS[FRAME + 3 : FRAME + 4]


def test_two_cannot_write_the_same_part():
    file = in_parts(b"abc")
    late = StoredFile.objects.get(pk=file.pk)
    append(file, io.BytesIO(b"def"), 3)
    with pytest.raises(vault.PartTaken):
        append(late, io.BytesIO(b"xyz"), 3)
    assert read_all(file) == b"abcdef"


@pytest.mark.parametrize("at", [0, vault.PREFIX_BYTES, vault.PREFIX_BYTES + FRAME + 20, -1])
def test_a_changed_byte_does_not_open(at):
    file = vault.store_bytes(content=WORDS, media_type="")
    content = bytearray(stored(file.parts.get()))
    content[at] ^= 1
    overwrite(file.parts.get(), bytes(content))
    with pytest.raises(vault.Damaged):
        read_all(file)


@pytest.mark.parametrize("cut", [1, vault.TAG_BYTES, FRAME + vault.TAG_BYTES])
def test_an_object_that_was_cut_off_does_not_open(cut):
    file = vault.store_bytes(content=WORDS[: 3 * FRAME], media_type="")
    overwrite(file.parts.get(), stored(file.parts.get())[:-cut])
    with pytest.raises(vault.Damaged):
        read_all(file)


def test_frames_do_not_change_places():
    file = vault.store_bytes(content=WORDS[: 2 * FRAME], media_type="")
    content = stored(file.parts.get())
    prefix, frames = content[: vault.PREFIX_BYTES], content[vault.PREFIX_BYTES :]
    half = len(frames) // 2
    overwrite(file.parts.get(), prefix + frames[half:] + frames[:half])
    with pytest.raises(vault.Damaged):
        read_all(file)


def test_parts_do_not_change_places():
    file = in_parts(b"aaa", b"bbb")
    first, second = file.parts.all()
    mine, other = stored(first), stored(second)
    overwrite(first, other)
    overwrite(second, mine)
    with pytest.raises(vault.Damaged):
        read_all(file)


def test_a_lost_part_is_noticed():
    file = in_parts(b"aaa", b"bbb")
    file.parts.last().delete()
    with pytest.raises(vault.Damaged):
        read_all(file)


def test_a_lost_object_is_noticed():
    file = in_parts(b"aaa")
    storages["records"].delete(file.parts.get().name)
    with pytest.raises(vault.Damaged):
        read_all(file)


def test_rotation_moves_every_file_to_the_first_key(settings, capsys):
    files = [vault.store_bytes(content=b"%d" % n, media_type="") for n in range(5)]
    old, new = settings.RECORDS_KEYS[0], Fernet.generate_key().decode()
    settings.RECORDS_KEYS = [new, old]
    call_command("rotate_records_keys", "--batch", "2")
    assert "5" in capsys.readouterr().out
    settings.RECORDS_KEYS = [new]
    assert [read_all(file) for file in files] == [b"0", b"1", b"2", b"3", b"4"]
    call_command("rotate_records_keys")
    assert "0" in capsys.readouterr().out


def test_removing_a_file_removes_its_objects(django_capture_on_commit_callbacks):
    file = in_parts(b"aaa", b"bbb")
    names = [part.name for part in file.parts.all()]
    vault.remove_file(file)
    assert not StoredFile.objects.exists()
    vault.delete_objects({"names": names})
    vault.delete_objects({"names": names})
    assert not any(storages["records"].exists(name) for name in names)


def test_files_of_nobody_are_swept(draft):
    own = [vault.store_bytes(content=jpeg(50 + n), media_type="") for n in range(4)]
    document = receive_document(file=own[0], filename="a.jpg", draft=draft)
    Preview.objects.create(document=document, page=1, file=own[1], width=1, height=1)
    Upload.objects.create(draft=draft, file=own[2], filename="b.jpg", length=9)
    study = Study.objects.create(draft=draft, uid="1.2")
    SharedStudy.objects.create(study=study, file=own[3], asked_by=StaffFactory())
    vault.store_bytes(content=b"nobody's", media_type="")
    StoredFile.objects.update(created_at=timezone.now() - timedelta(days=2, minutes=1))
    fresh = vault.store_bytes(content=b"still on its way", media_type="")
    tasks.remove_strays()
    assert set(StoredFile.objects.all()) == {*own, fresh}


def test_objects_of_no_file_are_swept(monkeypatch):
    day = timezone.now() - timedelta(days=2)
    monkeypatch.setattr(vault.timezone, "now", lambda: day)
    kept = vault.store_bytes(content=b"kept", media_type="")
    stray = vault.write_part(file=kept, start=4, stream=io.BytesIO(b"stray"), limit=5)
    monkeypatch.undo()
    assert vault.remove_strays(day.date()) == 1
    assert not storages["records"].exists(stray.name)
    assert read_all(kept) == b"kept"
    assert FilePart.objects.count() == 1
    with pytest.raises(ValueError):
        vault.remove_strays(timezone.now().date())
    assert vault.remove_strays(day.date() - timedelta(days=9)) == 0
