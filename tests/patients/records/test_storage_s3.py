"""Patients' files in S3, through django-storages: nothing in the product assumes a local disk."""

import io
from datetime import timedelta

import boto3
import pytest
from django.core.files.storage import storages
from django.utils import timezone
from moto.server import ThreadedMotoServer

from patients.records import uploads, vault
from patients.records.models import Document, Upload
from patients.records.uploads import Owner
from tests.patients.records.conftest import jpeg

KEYS = {"access_key": "test", "secret_key": "test", "region_name": "us-west-2"}


@pytest.fixture(scope="module")
def s3():
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host.replace('0.0.0.0', '127.0.0.1')}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3, settings):
    names = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-west-2"}
    bucket = boto3.resource("s3", endpoint_url=s3, **names).Bucket("records")
    bucket.create(CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    options = KEYS | {"bucket_name": "records", "endpoint_url": s3}
    settings.STORAGES = settings.STORAGES | {
        "records": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
    }
    yield bucket
    bucket.objects.all().delete()
    bucket.delete()


@pytest.mark.django_db
def test_a_file_is_sent_read_and_removed(bucket, draft, monkeypatch):
    monkeypatch.setattr(vault, "PART_BYTES", 300_000)
    content = jpeg(1_000_000)
    upload = uploads.begin_upload(owner=Owner(draft=draft), filename="scan.jpg", folder="", length=len(content))
    uploads.receive_bytes(upload=upload, offset=0, stream=io.BytesIO(content[:400_001]), count=len(content))
    assert Upload.objects.get().offset == 400_001
    uploads.receive_bytes(upload=upload, offset=400_001, stream=io.BytesIO(content[400_001:]), count=len(content))
    file = Document.objects.get().file
    assert len(list(bucket.objects.all())) == file.parts.count() == 4
    assert not any(content[1000:1100] in row.get()["Body"].read() for row in bucket.objects.all())
    assert b"".join(vault.read_range(file, 299_990, 700_010)) == content[299_990:700_010]
    names = [part.name for part in file.parts.all()]
    vault.delete_objects({"names": names})
    assert not list(bucket.objects.all())
    with pytest.raises(vault.Damaged), vault.open_file(file) as opened:
        opened.read()


@pytest.mark.django_db
def test_objects_of_no_file_are_swept(bucket, monkeypatch):
    day = timezone.now() - timedelta(days=2)
    monkeypatch.setattr(vault.timezone, "now", lambda: day)
    kept = vault.store_bytes(content=b"kept", media_type="")
    stray = vault.write_part(file=kept, start=4, stream=io.BytesIO(b"stray"), limit=5)
    monkeypatch.undo()
    assert vault.remove_strays(day.date()) == 1
    assert not storages["records"].exists(stray.name)
    assert vault.remove_strays(day.date() - timedelta(days=1)) == 0
