"""The OpenAPI document: what drf-spectacular does not see by itself, in English as all its texts."""

from functools import cache

from django.utils import translation
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from oauth2_provider.settings import oauth2_settings

from partners.api import examples
from partners.api.problems import CONTENT_TYPE, PROBLEMS
from partners.api.serializers import (
    NewReferralSerializer,
    OfferedServicesSerializer,
    ProblemSerializer,
    ReferralPageSerializer,
    ReferralSerializer,
)
from partners.referrals.models import Status

INTRODUCTION = """Refer a patient to Cedars-Sinai International and follow the case. Addresses end with a slash; bodies
are JSON in UTF-8; times are RFC 3339 in UTC; fields that are not described here are refused.

# Sign in

`POST /oauth/token/` with your client_id and client_secret (HTTP Basic, or in the form) and
`grant_type=client_credentials` gives an access token for one hour. Send it as `Authorization: Bearer ...`.

# Send it again

After a time-out, send the same again: the same `partner_reference` with the same body answers 200 with the referral
that is there, and with another body 409. With an `Idempotency-Key` you get the very answer of the first time, with
`Idempotency-Replayed: true`.

# Limits

Every answer to a token says in `RateLimit-Policy` and `RateLimit` how many requests a minute your credential has and
how many are left. After the last, 429 says in `Retry-After` how many seconds to wait.

# Problems

Every error is a problem of RFC 9457, `application/problem+json`, with a `code` that never changes. Titles and details
are for people, in the language of `Accept-Language`. `type` is the address that explains the code.
"""

COMMON = ("not_authenticated", "invalid_token", "insufficient_scope", "too_many_requests", "server_error")


class CredentialScheme(OpenApiAuthenticationExtension):
    target_class = "partners.api.authentication.CredentialAuthentication"
    name = "oauth2"

    def get_security_requirement(self, auto_schema):
        return {self.name: list(auto_schema.view.required_scopes[auto_schema.method])}

    def get_security_definition(self, auto_schema):
        flow = {"tokenUrl": "/oauth/token/", "scopes": dict(oauth2_settings.SCOPES)}
        return {"type": "oauth2", "flows": {"clientCredentials": flow}}


def _problems(*codes):
    """The responses of an operation that can answer with these problems."""
    by_status = {}
    for code in (*codes, *COMMON):
        by_status.setdefault(PROBLEMS[code][0], []).append(code)
    return {
        (status, CONTENT_TYPE): OpenApiResponse(
            ProblemSerializer,
            description=" ".join(str(PROBLEMS[code][1]) for code in codes),
            examples=[
                OpenApiExample(code, value=examples.problem(code), response_only=True, media_type=CONTENT_TYPE)
                for code in codes
            ],
        )
        for status, codes in by_status.items()
    }


def _header(name, description, statuses):
    return OpenApiParameter(name, OpenApiTypes.STR, OpenApiParameter.HEADER, description=description, response=statuses)


_one = [OpenApiExample("referral", value=examples.REFERRAL, response_only=True)]

with translation.override("en"):
    describe_list = extend_schema(
        operation_id="list_referrals",
        tags=["Referrals"],
        summary="List your referrals, newest first",
        description="Pages of 20. Follow `next` until it is null.",
        parameters=[
            OpenApiParameter("status", OpenApiTypes.STR, enum=Status.values, description="Only these."),
            OpenApiParameter("cursor", OpenApiTypes.STR, description="From `next` or `previous`; opaque."),
        ],
        responses={
            200: OpenApiResponse(
                ReferralPageSerializer,
                description="A page.",
                examples=[OpenApiExample("page", value=examples.PAGE, response_only=True)],
            ),
            **_problems("invalid_parameter", "invalid_cursor"),
        },
    )
    describe_services = extend_schema(
        operation_id="list_services",
        tags=["Services"],
        summary="List what can be asked for",
        description="Specialties and their programmes, as offered today. Any valid token may read them.",
        responses={
            200: OpenApiResponse(
                OfferedServicesSerializer,
                description="All of them.",
                examples=[OpenApiExample("services", value=examples.SERVICES, response_only=True)],
            ),
            **_problems("invalid_parameter"),
        },
    )
    describe_create = extend_schema(
        operation_id="refer_patient",
        tags=["Referrals"],
        summary="Refer a patient",
        description="Opens a case in the regional office that serves the patient's country and language.",
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="1 to 255 visible ASCII characters. The same key again gets the same answer.",
            ),
            _header("Location", "The address of the referral.", [200, 201]),
            _header("Idempotency-Replayed", "`true` when this is the answer of the first time.", [200, 201]),
        ],
        request=NewReferralSerializer,
        examples=[OpenApiExample("referral", value=examples.NEW_REFERRAL, request_only=True)],
        responses={
            201: OpenApiResponse(ReferralSerializer, description="The referral was made.", examples=_one),
            200: OpenApiResponse(ReferralSerializer, description="It was there already.", examples=_one),
            **_problems(
                "malformed_json", "not_an_object", "invalid_parameter", "invalid_idempotency_key",
                "partner_reference_in_use", "idempotency_in_flight", "length_required", "body_too_large",
                "unsupported_media_type", "validation_failed", "idempotency_key_reused", "no_office",
            ),
        },
    )  # fmt: skip
    describe_retrieve = extend_schema(
        operation_id="get_referral",
        tags=["Referrals"],
        summary="Follow one referral",
        description="Another institution's answers 404, as what is not there.",
        responses={
            200: OpenApiResponse(ReferralSerializer, description="How it stands.", examples=_one),
            **_problems("invalid_parameter", "not_found"),
        },
    )


def introduce(result, **kwargs):
    """drf-spectacular's hook: the text in front, and that bodies hold nothing else (StrictSerializer)."""
    result["info"]["description"] = INTRODUCTION
    for name, component in result["components"]["schemas"].items():
        if name.endswith("Request"):
            component["additionalProperties"] = False
    return result


@cache
def published_schema():
    """The OpenAPI 3.1 document as a dict."""
    with translation.override("en"):
        return SchemaGenerator().get_schema(request=None, public=True)
