import math

import qrcode
from django import template
from django.utils.html import format_html

from offices.security import sessions

register = template.Library()

WARNING_SECONDS = 120


@register.simple_tag
def qr_code(text: str, label: str) -> str:
    """The text as a QR code, drawn in the page: black on white in every theme, named `label`."""
    code = qrcode.QRCode(border=4)
    code.add_data(text)
    rows = code.get_matrix()
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    return format_html(
        '<svg class="desk-qr" viewBox="0 0 {0} {0}" role="img" aria-label="{1}" shape-rendering="crispEdges">'
        '<path fill="#fff" d="M0 0h{0}v{0}h-{0}z"></path><path d="{2}"></path></svg>',
        len(rows), label, dark,
    )  # fmt: skip


@register.inclusion_tag("security/idle.html", takes_context=True)
def idle_watch(context) -> dict:
    """What static/js/idle.js needs to know of a session of staff; nothing on other pages."""
    request = context.get("request")
    if not (request and sessions.is_team(request.user) and sessions.is_tracked(request)):
        return {"is_watched": False}
    left = math.ceil(sessions.seconds_left(request))
    # The token stays lazy: a page without forms sets no cookie for it.
    return {"is_watched": True, "left": left, "warning": WARNING_SECONDS, "csrf_token": context.get("csrf_token")}
