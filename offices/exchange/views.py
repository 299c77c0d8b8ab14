"""The page on which managers of the directory take its tables as files, and bring them back."""

import secrets

from django.contrib import admin, messages
from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from offices.directory.roles import Duty
from offices.exchange.files import FORMATS
from offices.exchange.forms import DownloadForm, UploadForm, table_name
from offices.exchange.services import RowState, SourceFile, export_table, file_name, import_tables, read_changes
from offices.kit.scoped_admin import require_duty

KEPT_SECONDS = 1800


@require_http_methods(["GET", "POST"])
def exchange_page(request):
    """Both forms; after an upload, what the file would change."""
    require_duty(request, Duty.MANAGE_DIRECTORY)
    if request.method == "GET":
        return _page(request)
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, upload=form, status=422)
    source = form.cleaned_data["source"]
    return _shown_report(request, source, read_changes([source]))


@require_GET
def download(request):
    require_duty(request, Duty.MANAGE_DIRECTORY)
    form = DownloadForm(request.GET)
    if not form.is_valid():
        return _page(request, download=form, status=422)
    table, format = form.cleaned_data["table"], form.cleaned_data["format"]
    kind = f"{FORMATS[format].get_content_type()}; charset=utf-8"
    return HttpResponse(
        export_table(table, format),
        content_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{file_name(table, format)}"'},
    )


@require_POST
def write(request):
    """Write what the page has shown, or show what the file changes now when that is something else."""
    require_duty(request, Duty.MANAGE_DIRECTORY)
    key = _key(request, request.POST.get("token", ""))
    kept = cache.get(key)
    if kept is None:
        messages.error(request, _("The file is no longer kept here. Upload it once more."))
        return redirect("exchange:page")
    source, seen = SourceFile(*kept["source"]), kept["seen"]
    report = import_tables([source], dry_run=False, actor=request.user, seen=seen)
    cache.delete(key)
    if not report.is_written:
        return _shown_report(request, source, report)
    count = len(report.files[0].differences)
    told = ngettext("%(count)s row is written.", "%(count)s rows are written.", count)
    messages.success(request, told % {"count": count})
    return redirect("exchange:page")


def _key(request, token):
    return f"exchange:{request.user.pk}:{token[:64]}"


def _shown_report(request, source, report):
    """The report; while it is sound the file is kept, so that what is shown can be written."""
    token = ""
    if report.has_differences and not report.problems:
        token = secrets.token_urlsafe(16)
        cache.set(_key(request, token), {"source": tuple(source), "seen": report.digest}, KEPT_SECONDS)
    status = 409 if report.is_stale else 422 if report.problems else 200
    return _page(request, report=report, token=token, status=status)


def _page(request, *, download=None, upload=None, report=None, token="", status=200):
    request.current_app = admin.site.name
    context = {
        **admin.site.each_context(request),
        "title": _("Import and export"),
        "download": download or DownloadForm(),
        "upload": upload or UploadForm(),
        "report": report,
        "table": table_name(report.files[0].table) if report else "",
        "counts": {state.value: report.files[0].count(state) for state in RowState} if report else {},
        "token": token,
    }
    return TemplateResponse(request, "exchange/exchange_page.html", context, status=status)
