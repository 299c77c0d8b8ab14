"""The line is cut 200 times at random bytes while a real tus client (tuspy) sends: every file arrives whole."""

import hashlib
import io
import random
import secrets
import socket
import struct
import threading
from contextlib import suppress

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError, TusUploadFailed

from patients.intake.drafts import start_draft
from patients.records import vault
from patients.records.models import Document, FilePart
from tests.patients.records.conftest import draft_cookie, jpeg

FILES, CUTS_A_FILE = 4, 50
BYTES, CHUNK = 6_000_000, 150_000
MOST_BEFORE_A_CUT = 70_000

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


class CuttingProxy:
    """Passes connections on to a server. While there are `cuts`, each line is cut after a random number of bytes to the
    server, or in the middle of its answer."""

    def __init__(self, address):
        self.target, self.cuts = address, 0
        self.random = random.Random(20261124)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with suppress(OSError):
            while True:
                threading.Thread(target=self._serve, args=[self.listener.accept()[0]], daemon=True).start()

    def _serve(self, client):
        server = socket.create_connection(self.target)
        upstream = downstream = None
        if self.cuts:
            if self.random.random() < 0.7:
                upstream = self.random.randrange(MOST_BEFORE_A_CUT)
            else:
                downstream = self.random.randrange(200)
        answer = threading.Thread(target=self._pump, args=[server, client, downstream], daemon=True)
        answer.start()
        self._pump(client, server, upstream)

    def _pump(self, source, sink, left):
        """Until one side closes, or `left` bytes have passed: then both lines break at once."""
        with suppress(OSError):
            while piece := source.recv(16_384 if left is None else min(16_384, left) or 1):
                if left is not None and len(piece) >= left:
                    sink.sendall(piece[:left])
                    self.cuts -= 1
                    break
                sink.sendall(piece)
                left = left and left - len(piece)
        for line in (source, sink):
            with suppress(OSError):
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", self.random.randrange(2), 0))
                line.shutdown(socket.SHUT_RDWR)
            line.close()


@pytest.fixture
def proxy(live_server):
    proxy = CuttingProxy(("127.0.0.1", live_server.thread.port))
    yield proxy
    proxy.listener.close()


def send_through(client, content, name):
    """As a person with patience: whenever the line breaks, go on where the server stands."""
    uploader = url = None
    while True:
        # TypeError, ValueError: tuspy's own, when an answer was cut before or in its header Upload-Offset.
        with suppress(TusCommunicationError, TusUploadFailed, OSError, TypeError, ValueError):
            uploader = client.uploader(
                file_stream=io.BytesIO(content), url=url, chunk_size=CHUNK, metadata={"filename": name}
            )
            uploader.upload()
            return
        url = uploader.url if uploader else None


def test_every_file_arrives_whole(proxy):
    draft, token = start_draft(language="en", known={}), secrets.token_hex(16)
    headers = {"Cookie": f"{draft_cookie(draft)}; csrftoken={token}", "X-CSRFToken": token}
    client = TusClient(f"http://127.0.0.1:{proxy.port}/uploads/", headers=headers)
    contents = [jpeg(BYTES) for _file in range(FILES)]
    for n, content in enumerate(contents):
        proxy.cuts = CUTS_A_FILE
        send_through(client, content, f"{n}.jpg")
        assert not proxy.cuts, "The file was here before all cuts were made."
    assert FilePart.objects.filter(size__lt=CHUNK).count() > FILES * 10  # what came before a cut was kept
    arrived = {document.filename: document.file for document in Document.objects.select_related("file")}
    for n, content in enumerate(contents):
        assert arrived[f"{n}.jpg"].sha256 == hashlib.sha256(content).hexdigest()
        with vault.open_file(arrived[f"{n}.jpg"]) as opened:
            assert opened.read() == content
