from django import forms
from django.contrib import admin, messages
from django.http import HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from offices.directory.roles import Duty
from offices.kit.languages import language_name, spoken_choices
from offices.kit.scoped_admin import ScopedAdmin
from offices.kit.transitions import IllegalTransition
from offices.translation.models import JobState, TranslationJob
from offices.translation.services import NothingToRelease, NotQualified, StaleVersion, release_translation, save_version

LONGEST_TRANSLATION = 20_000
STATE_LABELS = {
    JobState.REQUESTED: "warning",
    JobState.MACHINE_DRAFT: "danger",
    JobState.IN_REVIEW: "info",
    JobState.RELEASED: "success",
    JobState.NOT_NEEDED: "default",
}


class VersionForm(forms.Form):
    """`seen` is the number of the version that the page showed, 0 for none: a colleague's newer one counts.

    A language that the writer did not state can be corrected.
    """

    text = forms.CharField(
        label=gettext_lazy("Translation"),
        max_length=LONGEST_TRANSLATION,
        widget=forms.Textarea(attrs={"rows": 10, "dir": "auto"}),
    )
    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    source_language = forms.ChoiceField(label=gettext_lazy("Language of the original"), required=False)

    def __init__(self, job, data=None, initial=None):
        super().__init__(data, initial=initial)
        if job.source_stated:
            del self.fields["source_language"]
        else:
            self.fields["source_language"].choices = [("", "—"), *spoken_choices()]


@admin.register(TranslationJob)
class TranslationJobAdmin(ScopedAdmin):
    """The translation desk: what waits for a translator or a reviewer, and one text beside its translation."""

    read_duty = Duty.TRANSLATE

    list_display = ["excerpt", "shown_source", "shown_target", "shown_state", "reviewer", "requested_at"]
    list_select_related = ["reviewer"]
    list_filter = ["state", "source_language", "target_language"]
    search_fields = ["source_text"]
    ordering = ["-requested_at"]

    def get_urls(self):
        pages = [("version", self.version_view), ("release", self.release_view)]
        return [
            path(f"<uuid:job_id>/{name}/", self.admin_site.admin_view(view), name=f"translation_translationjob_{name}")
            for name, view in pages
        ] + super().get_urls()

    @display(description=gettext_lazy("original text"))
    def excerpt(self, job):
        return job.source_text[:80]

    @display(description=gettext_lazy("from"), ordering="source_language")
    def shown_source(self, job):
        return language_name(job.source_language)

    @display(description=gettext_lazy("into"), ordering="target_language")
    def shown_target(self, job):
        return language_name(job.target_language)

    @display(description=gettext_lazy("state"), label=STATE_LABELS, ordering="state")
    def shown_state(self, job):
        return job.state, job.get_state_display()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        return self.job_page(request, self.get_object(request, object_id))

    def version_view(self, request, job_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        job = self.get_object(request, str(job_id))
        form = VersionForm(job, request.POST)
        if not form.is_valid():
            return self.job_page(request, job, form)
        try:
            save_version(job=job, actor=request.user, **form.cleaned_data)
        except StaleVersion as error:
            form.add_error("text", str(error))
            return self.job_page(request, job, form)
        messages.success(request, _("Saved. It is a draft until a qualified reviewer releases it."))
        is_still_seen = self.get_queryset(request).filter(pk=job.pk).exists()  # not after some changes of language
        return redirect(_page_of(job) if is_still_seen else "admin:translation_translationjob_changelist")

    def release_view(self, request, job_id):
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        job = self.get_object(request, str(job_id))
        try:
            release_translation(job=job, actor=request.user, seen=int(request.POST.get("seen") or 0))
        except (NotQualified, NothingToRelease, StaleVersion) as error:
            messages.error(request, str(error))
        except (IllegalTransition, ValueError):
            messages.error(request, _("It could not be released from the state it is in."))
        else:
            messages.success(request, _("Released in your name."))
        return redirect(_page_of(job))

    def job_page(self, request, job, form=None):
        job = (
            TranslationJob.objects.select_related("office", "reviewer", "released_version")
            .prefetch_related("versions__author")
            .get(pk=job.pk)
        )
        newest = max(job.versions.all(), key=lambda version: version.number, default=None)
        seen = newest.number if newest else 0
        initial = {"text": newest.text if newest else "", "seen": seen, "source_language": job.source_language}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Translation from %(source)s into %(target)s") % {
                "source": language_name(job.source_language) or _("an unknown language"),
                "target": language_name(job.target_language),
            },
            "job": job,
            "seen": seen,
            "versions": sorted(job.versions.all(), key=lambda version: -version.number),
            "may_release": newest and not job.is_released and job.is_reviewable_by(request.user),
            "form": form or VersionForm(job, initial=initial),
            "time_zone": request.user.time_zone,
        }  # fmt: skip
        return TemplateResponse(request, "translation/job_page.html", context, status=422 if form else 200)


def _page_of(job):
    return reverse("admin:translation_translationjob_change", args=[job.pk])
