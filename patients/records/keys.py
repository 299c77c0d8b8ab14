"""The keys of patients' files: each file has one, wrapped by a master key of `RECORDS_KEYS`, the first for new ones."""

from collections.abc import Iterator

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from patients.records.models import StoredFile


def new_wrapped_key() -> str:
    return _master_keys().encrypt(AESGCM.generate_key(256)).decode()


def unwrap(wrapped: str) -> bytes:
    """The 32 bytes. Raises InvalidToken when no master key opens it."""
    return _master_keys().decrypt(wrapped.encode())


def rewrap_keys(*, batch: int) -> Iterator[tuple[int, int]]:
    """Wrap each file's key with the first master key, in order of the files' ids.

    Yields after each batch, which is then committed: files looked at, and keys that another master key had wrapped.
    """
    first, last = Fernet(settings.RECORDS_KEYS[0]), None
    while True:
        rows = StoredFile.objects.order_by("pk").only("wrapped_key")
        files = list((rows.filter(pk__gt=last) if last else rows)[:batch])
        if not files:
            return
        stale = [file for file in files if not _opens(first, file.wrapped_key)]
        for file in stale:
            file.wrapped_key = _master_keys().rotate(file.wrapped_key.encode()).decode()
        StoredFile.objects.bulk_update(stale, ["wrapped_key"])
        last = files[-1].pk
        yield len(files), len(stale)


def _master_keys():
    return MultiFernet([Fernet(key) for key in settings.RECORDS_KEYS])


def _opens(key, token):
    try:
        key.decrypt(token.encode())
    except InvalidToken:
        return False
    return True
