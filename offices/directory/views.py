"""The page that shows which catalogue texts are there in which language."""

from django.conf import settings
from django.contrib import admin
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from offices.directory.completeness import read_completeness
from offices.directory.roles import Duty
from offices.kit.scoped_admin import require_duty

SHOWN_ROWS = 3


@require_GET
def languages_page(request):
    require_duty(request, Duty.READ_DIRECTORY)
    request.current_app = admin.site.name
    context = {
        **admin.site.each_context(request),
        "title": _("Texts by language"),
        "languages": settings.LANGUAGES,
        "tables": [_table(texts) for texts in read_completeness()],
    }
    return TemplateResponse(request, "directory/languages_page.html", context)


def _table(texts):
    cells = []
    for code, _name in settings.LANGUAGES:
        rows = {gap.row.pk: gap.row for gap in texts.gaps if gap.language == code}
        first = [(str(row), _page_of(row)) for row in list(rows.values())[:SHOWN_ROWS]]
        more = len(rows) - len(first)
        cells.append({"count": texts.complete[code], "first": first, "more": more if more > 0 else 0})
    return {"name": texts.model._meta.verbose_name_plural, "rows": texts.rows, "cells": cells}


def _page_of(row):
    """Where the row is written, on its own page or on that of the row that it belongs to; empty when on none."""
    owners = [row] + [getattr(row, link.name) for link in row._meta.fields if link.many_to_one and not link.null]
    for owner in owners:
        if admin.site.is_registered(type(owner)):
            names = owner._meta.app_label, owner._meta.model_name
            return reverse("admin:{}_{}_change".format(*names), args=[owner.pk])
    return ""
