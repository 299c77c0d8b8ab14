from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from offices.kit.limits import client_address, is_over_limit
from offices.routing.rulebook import NoOffice
from patients.cases.models import Case
from patients.cases.services import submit_request
from patients.intake.models import Channel
from patients.intake.services import ProgrammeNotOffered, SpecialtyNotOffered
from patients.portal.forms import RequestForm

REQUESTS_PER_HOUR, HOUR = 20, 3600
RECEIVED = "portal_received_case"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def request_care(request):
    """The request form, with the specialty of `?specialty=` chosen. Sent twice, it opens one case; a failed sending
    keeps what was typed."""
    chosen = {"specialty": request.GET.get("specialty", "")}
    form = RequestForm(request.POST if request.method == "POST" else None, initial=chosen)
    status = 200
    if form.is_valid():
        if is_over_limit(f"request:{client_address(request)}", limit=REQUESTS_PER_HOUR, seconds=HOUR):
            form.add_error(
                None, _("Many requests came from your connection. Wait an hour, or call one of our offices.")
            )
            status = 429
        elif case := _submit(form):
            request.session[RECEIVED] = str(case.pk)
            return redirect("portal:received")
    description = _("Tell us who needs care and how we reach you. You may write for yourself or for someone you love.")
    context = {"form": form, "title": _("Ask for care"), "description": description}
    return render(request, "portal/request.html", context, status=status)


def _submit(form: RequestForm) -> Case | None:
    try:
        return submit_request(submission_id=form.submission, channel=Channel.WEB, **form.details())
    except SpecialtyNotOffered as error:
        form.add_error("specialty", str(error))
    except ProgrammeNotOffered as error:
        form.add_error("programme", str(error))
    except NoOffice as error:
        form.add_error(None, str(error))
    return None


@never_cache
@require_safe
def request_received(request):
    """The reference and the promise, for the browser that sent the request."""
    received = request.session.get(RECEIVED)
    case = received and Case.objects.select_related("office", "home_office", "care_request").filter(pk=received).first()
    if not case:
        return redirect("portal:request")
    return render(request, "portal/received.html", {"case": case})
