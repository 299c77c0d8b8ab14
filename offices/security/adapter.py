"""What allauth's second factors ask of this house."""

import base64
from functools import lru_cache

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

PURPOSE = b"offices.security: secrets of second factors"
NAME = "Cedars-Sinai International"


class MFAAdapter(DefaultMFAAdapter):
    """Secrets are encrypted at rest, with a key that is derived from SECRET_KEY and is in no database."""

    def encrypt(self, text: str) -> str:
        return _fernet(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises cryptography's InvalidToken for what no present key has encrypted."""
        return _fernet(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS).decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return NAME

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return super().get_public_key_credential_rp_entity() | {"name": NAME}


@lru_cache
def _fernet(*secret_keys: str) -> MultiFernet:
    """Encrypts with the first key, and reads what any of them has encrypted."""
    return MultiFernet([Fernet(_key(secret)) for secret in secret_keys])


def _key(secret: str) -> bytes:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret.encode())
    return base64.urlsafe_b64encode(derived)
