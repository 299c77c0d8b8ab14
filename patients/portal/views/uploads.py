"""Files that people send: by tus, by a plain form, and the list of what has come."""

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from offices.directory.roles import Duty
from offices.kit.addresses import safe_next
from offices.kit.ids import read_ids
from offices.kit.limits import client_address
from patients.cases.models import Case
from patients.intake.drafts import OtherDraft, draft_of
from patients.intake.models import Patient
from patients.intake.people import patients_of
from patients.records.documents import owned_by, remove_document
from patients.records.models import Document
from patients.records.plain import receive_files
from patients.records.serving import serve_document, serve_preview
from patients.records.tus import PROBLEMS, TusView
from patients.records.uploads import Owner


class Uploads(TusView):
    """tus at /uploads/, for the patient of the metadata `patient`, or the draft that this browser holds."""

    def owner_of(self, request, patient, draft=""):
        return owner_for(request, patient, draft)


def owner_for(request, patient: str, draft: str = "") -> Owner:
    """Whom this reader may send files for; a false Owner where that is nobody.

    Raises OtherDraft when the page was made for another `draft` than this browser holds.
    """
    sender = request.user if request.user.is_authenticated else None
    if not patient:
        connection = "" if sender else client_address(request)
        return Owner(draft=draft_of(request, draft), sender=sender, connection=connection)
    known = patients_of(request.user)
    if sender and sender.is_staff:
        cases = Case.objects.visible_to(sender) if sender.may(Duty.WRITE_TO_PATIENTS) else Case.objects.none()
        known = Patient.objects.filter(cases__in=cases)
    return Owner(patient=known.filter(pk__in=read_ids(patient)).first(), sender=sender)


@never_cache
@require_safe
def documents(request):
    """The list of what has come for `?for=` (a patient's id, or nothing for the `?draft=`), as a piece of a page."""
    patient = request.GET.get("for", "")
    try:
        owner = owner_for(request, patient, request.GET.get("draft", ""))
    except OtherDraft:
        return HttpResponse(PROBLEMS["other_draft"][1], status=409, content_type="text/plain; charset=utf-8")
    if not owner or request.user.is_staff and patient:
        raise Http404
    rows = owned_by(Document.objects.for_list(), **owner.whom)
    context = {"documents": rows, "upload_for": patient, "draft_id": owner.draft.pk if owner.draft else ""}
    return render(request, "portal/documents.html", context)


@never_cache
@require_POST
def send_documents(request):
    """A plain form with `files`, for browsers without scripts. What is wrong with a file is said by its name."""
    patient = request.POST.get("for", "")
    page = reverse("portal:cases") if patient else reverse("portal:step", args=["documents"])
    try:
        owner = owner_for(request, patient, request.POST.get("draft", ""))
    except OtherDraft:
        messages.error(request, PROBLEMS["other_draft"][1])
        return HttpResponseRedirect(page)
    if not owner:
        raise Http404
    sent = request.FILES.getlist("files")
    refused = receive_files(owner=owner, files=sent)
    for filename, why in refused:
        messages.error(request, _("%(filename)s was not taken. %(why)s") % {"filename": filename, "why": why})
    if not sent:
        messages.error(request, _("Choose a file first."))
    elif len(refused) < len(sent):
        messages.success(request, _("Your files are here. We check and read them now."))
    return HttpResponseRedirect(safe_next(request) or page)


@require_safe
def document(request, pk):
    """The file; `?show` opens a PDF in the browser."""
    return serve_document(request, _reachable(request, pk), inline="show" in request.GET)


@require_safe
def document_page(request, pk, page):
    """The picture of a page, from 1."""
    return serve_preview(request, _reachable(request, pk), page)


@require_POST
def remove(request, pk):
    """Take back a document of a request that is not sent yet."""
    mine = owned_by(Document.objects.all(), draft=draft_of(request))
    document = get_object_or_404(mine, pk=pk)
    if remove_document(document=document):
        messages.success(request, _("The file %(filename)s was removed.") % {"filename": document.filename})
    else:
        messages.error(request, _("The request is sent: its files stay with it."))
    return HttpResponseRedirect(safe_next(request) or reverse("portal:step", args=["documents"]))


def _reachable(request, pk) -> Document:
    """A document of this browser's draft, or of a patient whom the account represents."""
    mine = Q(patient__in=patients_of(request.user))
    if draft := draft_of(request):
        mine |= Q(draft=draft, patient=None)
    return get_object_or_404(Document.objects.select_related("file").filter(mine), pk=pk)
