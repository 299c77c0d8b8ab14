"""Public identifiers."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): unguessable, and in order of creation, so that an index on it serves a cursor."""
    return uuid7()


def read_ids(text: str) -> list[UUID]:
    """The id that `text` is, for a `pk__in`; none where it is no id."""
    try:
        return [UUID(text)]
    except ValueError:
        return []
