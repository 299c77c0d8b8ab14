import orjson
from django.utils.translation import gettext as _
from rest_framework.parsers import BaseParser

from partners.api.problems import Problem

MAX_BODY_BYTES = 256 * 1024


class ORJSONParser(BaseParser):
    """A JSON object in UTF-8 of at most MAX_BODY_BYTES. (Django's own limit on bodies does not see what DRF reads.)"""

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise Problem("body_too_large", _("The limit is %(bytes)s bytes.") % {"bytes": MAX_BODY_BYTES})
        try:
            data = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise Problem("malformed_json", str(error)) from error
        if not isinstance(data, dict):
            raise Problem("not_an_object")
        return data
