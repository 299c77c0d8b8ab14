"""Viruses: by ClamAV's daemon where there is one (CLAMD_ADDRESS), and the EICAR test file by ourselves, always.

clamd takes no more of a file than its StreamMaxLength, so that must not be below UPLOAD_LARGEST_BYTES.
"""

import warnings
from typing import BinaryIO

from django.conf import settings

from patients.records.refusals import Refusal, Refused

with warnings.catch_warnings():  # that it reads its version by pkg_resources
    warnings.simplefilter("ignore")
    import clamd

# https://www.eicar.org/download-anti-malware-testfile/, in two pieces, or scanners would take this file for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
CHUNK_BYTES = 1024 * 1024
CLAMD_SECONDS = 120


class NotScanned(Exception):
    """The scanner did not answer, or not with a verdict: to be tried again."""


def find_test_virus(stream: BinaryIO) -> None:
    """Raises Refused when the EICAR test string stands anywhere in the plain bytes."""
    end = b""
    while chunk := stream.read(CHUNK_BYTES):
        if EICAR in end + chunk:
            raise Refused(Refusal.VIRUS)
        end = (end + chunk)[-len(EICAR) :]


def scan(stream: BinaryIO) -> None:
    """Have clamd look at the whole stream, where one is set. Raises Refused, or NotScanned."""
    if not settings.CLAMD_ADDRESS:
        return
    try:
        answer = _scanner().instream(stream)
    except (clamd.ClamdError, OSError) as error:
        raise NotScanned(f"clamd at {settings.CLAMD_ADDRESS}: {error}") from error
    status, name = (answer or {}).get("stream", ("", ""))
    if status == "FOUND":
        raise Refused(Refusal.VIRUS)
    if status != "OK":
        raise NotScanned(f"clamd at {settings.CLAMD_ADDRESS} answered {status} {name}.")


def _scanner():
    address = settings.CLAMD_ADDRESS
    if address.startswith("/"):
        return clamd.ClamdUnixSocket(address, timeout=CLAMD_SECONDS)
    host, _colon, port = address.rpartition(":")
    return clamd.ClamdNetworkSocket(host.strip("[]"), int(port), timeout=CLAMD_SECONDS)
