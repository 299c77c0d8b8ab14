import orjson
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.utils.mediatypes import media_type_matches

from partners.referrals.services import JSON_OPTIONS


class ORJSONRenderer(BaseRenderer):
    """JSON in UTF-8; UUIDs as text, times as RFC 3339 in UTC with a Z."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return b"" if data is None else orjson.dumps(data, option=JSON_OPTIONS)


class AlwaysJSON(BaseContentNegotiation):
    """There is one representation, so `Accept` chooses nothing and refuses nothing."""

    def select_parser(self, request, parsers):
        return next((parser for parser in parsers if media_type_matches(parser.media_type, request.content_type)), None)

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[0], renderers[0].media_type
