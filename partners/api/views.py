"""The partner API: what is offered, refer a patient, list one's referrals, follow one."""

import re
from collections import defaultdict
from hashlib import sha256

import orjson
from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from rest_framework.response import Response
from rest_framework.views import APIView

from offices.directory.models import Programme, Specialty
from offices.routing.rulebook import NoOffice
from partners.api.pagination import CreatedCursorPagination
from partners.api.problems import PROBLEMS, Problem
from partners.api.schema import (
    describe_create,
    describe_list,
    describe_retrieve,
    describe_services,
    published_schema,
)
from partners.api.serializers import NewReferralSerializer, programme_not_offered, specialty_not_offered
from partners.referrals.models import Referral, Status, summary_of
from partners.referrals.services import (
    IdempotencyInFlight,
    IdempotencyKeyReused,
    PartnerReferenceInUse,
    refer_patient,
)
from patients.intake.services import ProgrammeNotOffered, SpecialtyNotOffered

IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class ApiView(APIView):
    """Denies whatever `required_scopes` does not allow; its answers are kept by no cache on the way."""

    required_scopes = {}

    @property
    def default_response_headers(self):
        return super().default_response_headers | {"Cache-Control": "no-store"}

    def check_permissions(self, request):
        """What is not permitted counts as a request, too."""
        super().check_throttles(request)
        super().check_permissions(request)

    def check_throttles(self, request):
        """Done before the permissions."""

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        # Without a Content-Length Django reads no body at all, so it would look empty.
        if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
            raise Problem("length_required")

    def options(self, request, *args, **kwargs):
        return Response(status=204)


class OpenApiView(ApiView):
    """Needs no token, and looks at none."""

    schema = None
    authentication_classes = permission_classes = throttle_classes = ()


class ReferralListView(ApiView):
    required_scopes = {"GET": ("referrals:read",), "POST": ("referrals:write",)}

    @describe_list
    def get(self, request):
        refuse_unknown_parameters(request, {"cursor", "status"})
        rows = Referral.objects.visible_to(request.auth)
        if status := request.GET.get("status"):
            if status not in Status:
                text = _("`status` is one of %(values)s.") % {"values": ", ".join(Status.values)}
                raise Problem("invalid_parameter", text)
            rows = rows.with_status(status)
        page = CreatedCursorPagination(request).page(rows.summaries())
        page["results"] = [summary_of(row) for row in page["results"]]
        return Response(page)

    @describe_create
    def post(self, request):
        refuse_unknown_parameters(request, set())
        key = read_idempotency_key(request)
        serializer = NewReferralSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            answer = refer_patient(
                access=request.auth,
                fingerprint=sha256(orjson.dumps(request.data, option=orjson.OPT_SORT_KEYS)).hexdigest(),
                idempotency_key=key,
                **serializer.details(),
            )
        except SpecialtyNotOffered as error:
            raise specialty_not_offered() from error
        except ProgrammeNotOffered as error:
            raise programme_not_offered() from error
        except NoOffice as error:
            raise Problem("no_office") from error
        except PartnerReferenceInUse as error:
            raise Problem("partner_reference_in_use") from error
        except IdempotencyKeyReused as error:
            raise Problem("idempotency_key_reused") from error
        except IdempotencyInFlight as error:
            raise Problem("idempotency_in_flight", headers={"Retry-After": "1"}) from error
        location = reverse("api:referral", args=[answer.summary["id"]])
        headers = {"Location": request.build_absolute_uri(location)}
        if answer.replayed:
            headers["Idempotency-Replayed"] = "true"
        return Response(answer.summary, status=201 if answer.made else 200, headers=headers)


class ReferralView(ApiView):
    required_scopes = {"GET": ("referrals:read",)}

    @describe_retrieve
    def get(self, request, referral_id):
        refuse_unknown_parameters(request, set())
        row = Referral.objects.visible_to(request.auth).filter(pk=referral_id).summaries().first()
        if row is None:
            raise Problem("not_found")
        return Response(summary_of(row))


class ServiceListView(ApiView):
    """What the centre offers, whole: it is short, and the same for every partner."""

    required_scopes = {"GET": ()}

    @describe_services
    def get(self, request):
        refuse_unknown_parameters(request, set())
        programmes = defaultdict(list)
        for programme in Programme.objects.offered():
            programmes[programme.specialty_id].append({"code": programme.code, "name": programme.name})
        return Response(
            {
                "results": [
                    {"code": specialty.code, "name": specialty.name, "programmes": programmes[specialty.pk]}
                    for specialty in Specialty.objects.offered()
                ]
            }
        )


class SchemaView(OpenApiView):
    def get(self, request):
        return JsonResponse(published_schema(), content_type="application/vnd.oai.openapi+json")


# Swagger UI styles what it draws in attributes; no script may be inline.
@method_decorator(csp_update({"style-src": [SELF, UNSAFE_INLINE]}), name="dispatch")
class DocsView(OpenApiView):
    def get(self, request):
        return render(request, "api/docs.html", {"problems": PROBLEMS})


class NothingHereView(OpenApiView):
    """Whatever else is asked for under /api/."""

    def initial(self, request, *args, **kwargs):
        text = "" if request.path.endswith("/") else _("Addresses end with a slash.")
        raise Problem("not_found", text)


def refuse_unknown_parameters(request, known):
    if unknown := sorted(set(request.GET) - known):
        text = _("There is no parameter %(name)s here.") % {"name": f"`{unknown[0]}`"}
        raise Problem("invalid_parameter", text)


def read_idempotency_key(request):
    """The request's Idempotency-Key, "" without one. Raises Problem."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not IDEMPOTENCY_KEY.fullmatch(key):
        raise Problem("invalid_idempotency_key", _("It has 1 to 255 visible ASCII characters, and no spaces."))
    return key or ""
