"""Uploads too large for memory lie encrypted in the temporary folder, under a key that only this process has."""

import io
import os
import tempfile

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CTR
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

BLOCK_BYTES = 16
BUFFER_BYTES = 64 * 1024


class SealedUploadHandler(FileUploadHandler):
    """For FILE_UPLOAD_HANDLERS, in place of Django's TemporaryFileUploadHandler."""

    file = None

    def new_file(self, *args, **kwargs):
        super().new_file(*args, **kwargs)
        self.file = SealedFile()

    def receive_data_chunk(self, raw_data, start):
        self.file.write(raw_data)

    def file_complete(self, file_size):
        self.file.seek(0)
        content = io.BufferedReader(self.file, BUFFER_BYTES)
        return UploadedFile(
            content, self.file_name, self.content_type, file_size, self.charset, self.content_type_extra
        )

    def upload_interrupted(self):
        if self.file:
            self.file.close()


class SealedFile(io.RawIOBase):
    """A nameless temporary file, encrypted by AES-256-CTR: written once from its start, then read anywhere."""

    def __init__(self):
        self.file = tempfile.TemporaryFile()  # noqa: SIM115
        self._key, self._nonce = os.urandom(32), os.urandom(BLOCK_BYTES)
        self._sealer, self._opener = self._cipher_at(0), None

    def readable(self):
        return True

    def seekable(self):
        return True

    def write(self, content):
        return self.file.write(self._sealer.update(content))

    def tell(self):
        return self.file.tell()

    def seek(self, offset, whence=io.SEEK_SET):
        self._opener = None
        return self.file.seek(offset, whence)

    def readinto(self, buffer):
        if self._opener is None:
            self._opener = self._cipher_at(self.file.tell())
        plain = self._opener.update(self.file.read(len(buffer)))
        buffer[: len(plain)] = plain
        return len(plain)

    def close(self):
        self.file.close()
        super().close()

    def _cipher_at(self, position):
        """In this mode to encrypt and to decrypt are the same."""
        block, into = divmod(position, BLOCK_BYTES)
        counter = (int.from_bytes(self._nonce) + block) % 256**BLOCK_BYTES
        cipher = Cipher(AES256(self._key), CTR(counter.to_bytes(BLOCK_BYTES))).encryptor()
        cipher.update(bytes(into))
        return cipher
