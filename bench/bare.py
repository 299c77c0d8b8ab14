"""The bare limit: a Django view without middleware that sends 20 referrals by one SQL statement and orjson."""

import os

import orjson
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpResponse
from django.urls import path

os.environ["DJANGO_SETTINGS_MODULE"] = "bench.bare_settings"
application = get_wsgi_application()

SQL = """
SELECT r.id, r.partner_reference, r.created_at, c.reference AS case_reference, c.stage, c.stage_changed_at,
       c.answer_due_at, c.first_answered_at AS answered_at, q.pathway, q.urgency, s.code AS specialty
FROM referrals_referral r
JOIN cases_case c ON c.id = r.case_id
JOIN intake_carerequest q ON q.id = c.care_request_id
JOIN directory_specialty s ON s.id = q.specialty_id
WHERE r.institution_id = %s
ORDER BY r.id DESC LIMIT 20
"""


def referrals(request):
    with connection.cursor() as cursor:
        cursor.execute(SQL, [os.environ["BENCH_INSTITUTION"]])
        names = [column.name for column in cursor.description]
        rows = [dict(zip(names, row, strict=True)) for row in cursor]
    return HttpResponse(
        orjson.dumps({"results": rows}, option=orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS),
        content_type="application/json",
    )


urlpatterns = [path("", referrals)]
