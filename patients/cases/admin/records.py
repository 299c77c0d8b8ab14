"""The patient's records on the page of a case: asked for, opened, named and read again."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from offices.directory.roles import Duty
from offices.kit.scoped_admin import require_duty
from offices.kit.transitions import IllegalTransition
from offices.outbox.services import publish_event
from patients.cases.forms import DocumentForm, UploadForm
from patients.cases.models import RecordRequest
from patients.cases.record_requests import CannotAsk, ask_for_records, readiness_of_case, withdraw_request
from patients.records.confirming import confirm_document
from patients.records.deidentify import ask_for_copy
from patients.records.models import Document, SharedStudy, Study
from patients.records.pipeline import restart_reading
from patients.records.plain import receive_files
from patients.records.serving import serve_document, serve_file, serve_preview
from patients.records.uploads import Owner


class CaseRecords:
    """Pages of an admin of cases. Each reaches the records of one case's patient, and only through a case that the
    reader sees; the others answer 404."""

    def record_pages(self):
        document = "<uuid:case_id>/documents/<uuid:document_id>"
        asked = "<uuid:case_id>/record_requests/<uuid:request_id>"
        pages = [
            ("<uuid:case_id>/ask_for_records/", self.ask_for_records_view, "ask_for_records"),
            (f"{asked}/withdraw/", self.withdraw_request_view, "withdraw_request"),
            ("<uuid:case_id>/upload/", self.upload_view, "upload"),
            (f"{document}/file/", self.document_view, "document"),
            (f"{document}/pages/<int:page>/", self.preview_view, "preview"),
            (f"{document}/confirm/", self.confirm_view, "confirm"),
            (f"{document}/read_again/", self.read_again_view, "read_again"),
            ("<uuid:case_id>/studies/<uuid:study_id>/copy/", self.ask_for_copy_view, "ask_for_copy"),
            ("<uuid:case_id>/copies/<uuid:copy_id>/file/", self.copy_view, "copy"),
        ]
        return [path(route, self.admin_site.admin_view(view), name=f"cases_case_{name}") for route, view, name in pages]

    @method_decorator(require_POST)
    def ask_for_records_view(self, request, case_id):
        case = self.get_object(request, str(case_id))
        require_duty(request, Duty.WRITE_TO_PATIENTS)
        rules = [record.rule for record in readiness_of_case(case).to_ask_for]
        try:
            ask_for_records(case=case, rules=rules, actor=request.user)
        except CannotAsk:
            messages.error(
                request, _("Nothing was asked for: all is there, the case is closed, or nobody reads our mails.")
            )
        else:
            messages.success(request, _("The patient is asked for the records by mail, and reminded until they come."))
        return redirect(_records_of(case))

    @method_decorator(require_POST)
    def withdraw_request_view(self, request, case_id, request_id):
        case = self.get_object(request, str(case_id))
        require_duty(request, Duty.WRITE_TO_PATIENTS)
        asked = get_object_or_404(RecordRequest, pk=request_id, case=case)
        try:
            withdraw_request(request=asked, actor=request.user)
        except IllegalTransition:
            messages.error(request, _("It was not withdrawn: the request has ended meanwhile."))
        else:
            messages.success(request, _("The request is withdrawn. The patient gets no more reminders."))
        return redirect(_records_of(case))

    @method_decorator(require_POST)
    def upload_view(self, request, case_id):
        """Files that came to the office on another way, kept for the patient."""
        case = self.get_object(request, str(case_id))
        require_duty(request, Duty.WRITE_TO_PATIENTS)
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.case_page(request, case, upload_form=form)
        files = form.cleaned_data["files"]
        refused = receive_files(owner=Owner(patient=case.patient, sender=request.user), files=files)
        for filename, why in refused:
            messages.error(request, _("%(filename)s was not taken. %(why)s") % {"filename": filename, "why": why})
        if taken := len(files) - len(refused):
            text = ngettext("%(number)s file is there.", "%(number)s files are there.", taken)
            messages.success(request, text % {"number": taken})
        return redirect(_records_of(case, "documents-title"))

    @method_decorator(require_safe)
    def document_view(self, request, case_id, document_id):
        """The file as it came, `?show` in the browser; who opened it is kept."""
        case, document = self._document(request, case_id, document_id)
        response = serve_document(request, document, inline="show" in request.GET)
        _note_opening(request, "document.opened", case, document_id=str(document.pk))
        return response

    @method_decorator(require_safe)
    def preview_view(self, request, case_id, document_id, page):
        _case, document = self._document(request, case_id, document_id)
        return serve_preview(request, document, page)

    @method_decorator(require_POST)
    def confirm_view(self, request, case_id, document_id):
        case, document = self._document(request, case_id, document_id)
        require_duty(request, Duty.MOVE_CASES)
        form = DocumentForm(document, request.POST)
        if not form.is_valid():
            return self.case_page(request, case, document_form=form)
        confirm_document(document=document, actor=request.user, **form.cleaned_data)
        messages.success(request, _("The kind and the date of “%(name)s” are kept.") % {"name": document.filename})
        return redirect(_records_of(case, f"document-{document.pk}"))

    @method_decorator(require_POST)
    def read_again_view(self, request, case_id, document_id):
        case, document = self._document(request, case_id, document_id)
        require_duty(request, Duty.MOVE_CASES)
        restart_reading(document=document, actor=request.user)
        messages.success(request, _("“%(name)s” is read again.") % {"name": document.filename})
        return redirect(_records_of(case, f"document-{document.pk}"))

    @method_decorator(require_POST)
    def ask_for_copy_view(self, request, case_id, study_id):
        case = self.get_object(request, str(case_id))
        require_duty(request, Duty.MOVE_CASES)
        study = get_object_or_404(Study, pk=study_id, patient=case.patient_id)
        ask_for_copy(study=study, actor=request.user)
        messages.success(request, _("A copy without names is being made. It stands here when it is done."))
        return redirect(_records_of(case, f"study-{study.pk}"))

    @method_decorator(require_safe)
    def copy_view(self, request, case_id, copy_id):
        case = self.get_object(request, str(case_id))
        made = SharedStudy.objects.exclude(file=None).select_related("file", "study")
        copy = get_object_or_404(made, pk=copy_id, study__patient=case.patient_id)
        _note_opening(request, "copy.opened", case, copy_id=str(copy.pk), study_id=str(copy.study_id))
        return serve_file(request, copy.file, filename=f"{copy.study.studied_on or 'images'}.zip")

    def _document(self, request, case_id, document_id):
        """The case as the reader may see it, and a document of its patient. Raises Http404."""
        case = self.get_object(request, str(case_id))
        documents = Document.objects.select_related("file")
        return case, get_object_or_404(documents, pk=document_id, patient=case.patient_id)


def _note_opening(request, event, case, **ids):
    """Who opened what, once for a file that is read in pieces."""
    if request.method == "GET" and request.headers.get("range", "bytes=0-").startswith("bytes=0-"):
        publish_event(event, {**ids, "case_id": str(case.pk), "actor_id": request.user.pk})


def _records_of(case, anchor="records-title"):
    return f"{reverse('admin:cases_case_change', args=[case.pk])}#{anchor}"
