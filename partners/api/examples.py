"""What the OpenAPI document shows of bodies and answers."""

from django.utils import translation

from partners.api.problems import PROBLEMS, problem_type

NEW_REFERRAL = {
    "partner_reference": "HSJ-2026-0417",
    "pathway": "in_person",
    "specialty": "cardiology",
    "programme": "heart-valve-repair",
    "urgency": "urgent",
    "patient": {
        "given_names": "María Elena",
        "family_name": "Núñez Ortega",
        "birth_date": "1968-03-09",
        "sex": "female",
        "residence_country": "MX",
        "language": "es",
        "email": "maria.nunez@example.org",
        "phone": "+525555010123",
    },
    "clinical_summary": "Paciente de 58 años con estenosis aórtica grave. Se solicita valoración para TAVI.",
    "summary_language": "es",
    "consent": {"given_on": "2026-03-02", "language": "es"},
}
REFERRAL = {
    "id": "019cb1f3-2a40-7c11-9d5e-6f0d3c1b7a52",
    "partner_reference": "HSJ-2026-0417",
    "case_reference": "CI-2026-000123",
    "status": "received",
    "stage": "submitted",
    "stage_changed_at": "2026-03-02T16:20:05Z",
    "answer_due_at": "2026-03-03T16:20:05Z",
    "answered_at": None,
    "pathway": "in_person",
    "urgency": "urgent",
    "specialty": "cardiology",
    "created_at": "2026-03-02T16:20:05Z",
}
SERVICES = {
    "results": [
        {
            "code": "cardiology",
            "name": "Heart and blood vessels",
            "programmes": [{"code": "heart-valve-repair", "name": "Heart valve repair without open surgery"}],
        }
    ]
}
PAGE = {
    "next": "https://international.example.org/api/v1/referrals/?cursor=bgGcsfMqQHwRnV5vDTwbelI",
    "previous": None,
    "results": [REFERRAL],
}
_ERRORS = [
    {"field": "specialty", "code": "specialty_not_offered", "detail": "We cannot offer care in this specialty."},
    {"field": "patient.birth_date", "code": "in_future", "detail": "This day is in the future."},
]


def problem(code):
    status, title = PROBLEMS[code]
    path = f"/api/v1/referrals/{REFERRAL['id']}/" if code == "not_found" else "/api/v1/referrals/"
    with translation.override("en"):
        members = {
            "type": problem_type("https://international.example.org", code),
            "title": str(title),
            "status": status,
            "code": code,
            "instance": path,
        }
    return members | ({"errors": _ERRORS} if code == "validation_failed" else {})
