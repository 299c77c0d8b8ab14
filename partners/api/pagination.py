from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from uuid import UUID

from partners.api.problems import Problem

PAGE_SIZE = 20
NEXT, PREVIOUS = b"n", b"p"


class CreatedCursorPagination:
    """Pages of PAGE_SIZE, newest first, on an id that grows with time (UUID version 7): one query a page, and no COUNT.

    A cursor is opaque to partners: a direction and the id at the edge of the page it was given on.
    """

    def __init__(self, request):
        self.request = request
        self.direction, self.edge = _read(request.GET.get("cursor", ""))

    def page(self, rows):
        """`rows`: a queryset of dicts with an `id`. Returns {"next", "previous", "results"}; no link is None."""
        if self.direction == PREVIOUS:
            found = list(rows.filter(id__gt=self.edge).order_by("id")[: PAGE_SIZE + 1])
            results = found[:PAGE_SIZE][::-1]
            has_next, has_previous = True, len(found) > PAGE_SIZE
        else:
            found = list((rows.filter(id__lt=self.edge) if self.edge else rows).order_by("-id")[: PAGE_SIZE + 1])
            results = found[:PAGE_SIZE]
            has_next, has_previous = len(found) > PAGE_SIZE, self.edge is not None
        return {
            "next": self._link(NEXT, results[-1]["id"]) if has_next and results else None,
            "previous": self._link(PREVIOUS, results[0]["id"]) if has_previous and results else None,
            "results": results,
        }

    def _link(self, direction, edge):
        query = self.request.GET.copy()
        query["cursor"] = urlsafe_b64encode(direction + edge.bytes).decode().rstrip("=")
        return self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")


def _read(cursor):
    if not cursor:
        return NEXT, None
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (Base64Error, ValueError) as error:
        raise Problem("invalid_cursor") from error
    if len(raw) != 17 or raw[:1] not in (NEXT, PREVIOUS):
        raise Problem("invalid_cursor")
    return raw[:1], UUID(bytes=raw[1:])
