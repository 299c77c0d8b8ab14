"""The permission matrix as data: every address of the site, and what each member of the cast gets there.

An answer is a status, or the address that it redirects to (`*` stands for anything); `Done(answer)` is one that also changes rows, and any other
changes none. Addresses hold `{placeholders}` of the cast's own rows: the case of the patient at the Mexico City office,
with its mail and translation job, a referral of partner A to that office, and the set-up of the department.
"""

from typing import NamedTuple

SIGNED_OUT = ("anonymous", "inactive_coordinator", "partner_a", "partner_b")
PATIENTS = ("patient", "other_patient")
OWN_OFFICE = ("coordinator", "reviewer")
OTHER_STAFF = ("other_coordinator", "staff_without_office")
STAFF = (*OWN_OFFICE, *OTHER_STAFF, "superuser")
MEMBERS = (*SIGNED_OUT, *PATIENTS, *STAFF)

LOGIN, SIGN_IN = "/admin/login/", "/en/sign-in/"
STEPS, RESUME = "/en/request/steps/", "/en/request/resume/"


class Done(NamedTuple):
    """The answer to a request that did what it asked for."""

    answer: int | str


class Page(NamedTuple):
    """`get`, `post`: an answer for each member; a POST that is not said is answered as GET is. A dict `form` is sent as a
    browser does, `json` as a partner's system does."""

    address: str
    get: dict
    post: dict | None = None
    form: dict | None = None
    json: dict | None = None


def everyone(answer, **others):
    return dict.fromkeys(MEMBERS, answer) | others


def staff(answer, **others):
    """For the team; whoever else asks, signed in or not, is sent to the team's sign-in."""
    return everyone(LOGIN) | dict.fromkeys(STAFF, answer) | others


def office(answer, **others):
    """For the office whose row it is, and superusers; to the rest of the team the row does not exist."""
    return staff(answer) | dict.fromkeys(OTHER_STAFF, 404) | others


def superuser(answer, team=403):
    return staff(team, superuser=answer)


def partners(a, b):
    return everyone(401, partner_a=a, partner_b=b)


def signed_in(answer, otherwise, **others):
    return everyone(answer) | dict.fromkeys(SIGNED_OUT, otherwise) | others


ONLY_POST, ONLY_GET = 405, everyone(405)
OFFICE_FORM = {
    "code": "new-office", "name_en": "New", "city_en": "New", "region": "{region}", "time_zone": "UTC", "languages": "en",
    "email": "new@example.org",
    **{f"{rows}-{end}": "0" for rows in ("hours", "channels", "countries") for end in ("TOTAL_FORMS", "INITIAL_FORMS")},
}  # fmt: skip
CODE_FORM = {"code": "new-code", "name_en": "New", "position": "1"}
NEW_PASSWORD = {"password1": "a-new-test-password", "password2": "a-new-test-password", "usable_password": "true"}
NEW_USER = {"email": "new@example.org", "name": "New"} | NEW_PASSWORD
USER_FORM = {
    "email": "new@example.org", "name": "New", "language": "en", "time_zone": "UTC", "is_active": "on", "capacity": "5"
}  # fmt: skip
INSTITUTION_FORM = {"code": "new-code", "name": "New", "country": "FR"}
NO_INLINES = {"credentials-TOTAL_FORMS": "0", "credentials-INITIAL_FORMS": "0"}
OWN_PASSWORD = {
    "old_password": "a-long-test-password",
    "new_password1": "a-new-test-password",
    "new_password2": "a-new-test-password",
}
REFERRED = {
    "partner_reference": "NEW-1", "pathway": "in_person", "specialty": "cardiology", "urgency": "urgent",
    "patient": {
        "given_names": "Ana", "family_name": "Sosa", "birth_date": "1968-03-09", "sex": "female",
        "residence_country": "MX", "language": "es",
    },
    "clinical_summary": "Se solicita valoración.", "summary_language": "es",
    "consent": {"given_on": "2026-03-02", "language": "es"},
}  # fmt: skip
GUESSED_SECRET = {"grant_type": "client_credentials", "client_id": "{client_id}", "client_secret": "guessed"}

SITE = {
    "healthz": Page("/healthz", everyone(200), post=ONLY_GET),
    # No worker runs here, and this page says so.
    "readyz": Page("/readyz", everyone(503), post=ONLY_GET),
    "oauth:token": Page(
        "/oauth/token/",
        everyone(405),
        # A token and a secret at once are two ways of signing in.
        post=everyone(401, partner_a=400, partner_b=400),
        form=GUESSED_SECRET,
    ),
    "api:root": Page("/api/", everyone("/api/docs/")),
    "api:docs": Page("/api/docs/", everyone(200), post=ONLY_GET),
    "api:schema": Page("/api/schema/", everyone(200), post=ONLY_GET),
    "api:referrals": Page("/api/v1/referrals/", partners(200, 200), post=partners(Done(201), Done(201)), json=REFERRED),
    "api:referral": Page("/api/v1/referrals/{referral}/", partners(200, 404), post=ONLY_GET),
    "api:services": Page("/api/v1/services/", partners(200, 200), post=everyone(405)),
    "api:nothing": Page("/api/nothing/", everyone(404)),
}

WEBSITE = {
    "robots": Page("/robots.txt", everyone(200), post=ONLY_GET),
    "sitemap": Page("/sitemap.xml", everyone(200), post=ONLY_GET),
    "website:home": Page("/en/", everyone(200), post=ONLY_GET),
    "website:how_it_works": Page("/en/how-it-works/", everyone(200), post=ONLY_GET),
    "website:services": Page("/en/services/", everyone(200), post=ONLY_GET),
    "website:specialty": Page("/en/services/cardiology/", everyone(200), post=ONLY_GET),
    "website:offices": Page("/en/offices/", everyone(200), post=ONLY_GET),
    "website:office": Page("/en/offices/mexico-city/", everyone(200), post=ONLY_GET),
    "website:for_partners": Page("/en/for-partners/", everyone(200), post=ONLY_GET),
    "website:help": Page("/en/help/", everyone(200), post=ONLY_GET),
    "website:privacy": Page("/en/privacy/", everyone(200), post=ONLY_GET),
    "website:search": Page("/en/search/?q=heart", everyone(200), post=ONLY_GET),
}

PORTAL = {
    "portal:request": Page("/en/request/", everyone(200), post=ONLY_GET),
    "portal:start": Page("/en/request/start/", everyone(405), post=everyone(Done(f"{STEPS}asker/"))),
    # No draft is open in these browsers; tests/patients/portal/test_drafts.py holds drafts apart.
    "portal:step": Page(f"{STEPS}asker/", everyone(RESUME), form={"asker": "self"}),
    "portal:keep": Page(f"{STEPS}asker/keep/", ONLY_GET, post=everyone(404), form={"asker": "self"}),
    "portal:skip": Page(f"{STEPS}asker/skip/", everyone(RESUME), post=ONLY_GET),
    "portal:check": Page("/en/request/check/", everyone("/en/request/")),
    "portal:later": Page("/en/request/later/", everyone("/en/request/"), form={"email": "ana@example.org"}),
    "portal:resume": Page(
        RESUME, everyone(200), post=everyone(422), form={"email": "guessed@example.org", "code": "00000000"}
    ),
    "portal:resume_link": Page(f"{RESUME}guessed/", everyone(RESUME)),
    "portal:close": Page("/en/request/close/", everyone(405), post=everyone("/en/request/")),
    "portal:discard": Page("/en/request/discard/", ONLY_GET, post=everyone(404)),
    # It shows what this browser has just sent: here nothing.
    "portal:received": Page("/en/request/received/", everyone("/en/request/"), post=ONLY_GET),
    # Files are for the draft of the browser, which none of these holds, or for a patient whom the account represents.
    "uploads": Page("/uploads/", everyone(405), post=everyone(412)),
    "upload": Page("/uploads/{upload}/", everyone(405)),
    "portal:documents": Page("/en/documents/?for={patient}", everyone(404, patient=200), post=ONLY_GET),
    "portal:send_documents": Page(
        "/en/documents/send/",
        everyone(405),
        post=everyone(404, patient="/en/cases/") | dict.fromkeys((*OWN_OFFICE, "superuser"), "/en/cases/"),
        form={"for": "{patient}"},
    ),
    "portal:document": Page("/en/documents/{document}/", everyone(404, patient=200), post=ONLY_GET),
    "portal:document_page": Page("/en/documents/{document}/pages/1/", everyone(404, patient=200), post=ONLY_GET),
    "portal:remove_document": Page("/en/documents/{document}/remove/", everyone(405), post=everyone(404)),
    "portal:sign_in": Page(
        "/en/sign-in/",
        signed_in("/en/cases/", otherwise=200),
        post=signed_in("/en/cases/", otherwise=Done("/en/sign-in/code/")),
        form={"email": "maria@example.org"},
    ),
    "portal:sign_in_code": Page("/en/sign-in/code/", signed_in("/en/cases/", otherwise=SIGN_IN), form={"code": "1"}),
    "portal:sign_out": Page("/en/sign-out/", everyone(405), post=everyone("/en/")),
    # Who has one case goes straight to it.
    "portal:cases": Page(
        "/en/cases/",
        signed_in(
            200, otherwise=SIGN_IN, patient="/en/cases/{reference}/", other_patient="/en/cases/{other_reference}/"
        ),
        post=ONLY_GET,
    ),
    "portal:case": Page(
        "/en/cases/{reference}/",
        signed_in(200, otherwise=SIGN_IN, other_patient=404) | dict.fromkeys(OTHER_STAFF, 404),
        post=ONLY_GET,
    ),
    # The team sees the page, and writes at its own desk.
    "portal:reply": Page(
        "/en/cases/{reference}/reply/",
        everyone("/en/cases/{reference}/"),
        post=signed_in(403, otherwise="/en/cases/{reference}/", other_patient=404)
        | {"patient": Done("/en/cases/{reference}/")}
        | dict.fromkeys(OTHER_STAFF, 404),
        form={"text": "Una pregunta."},
    ),
}

DESK = {
    "admin:index": Page("/admin/", staff("/admin/cases/case/")),
    "admin:login": Page(
        "/admin/login/",
        everyone(200) | dict.fromkeys(STAFF, "/admin/"),
        post=everyone(200),
        form={"username": "lucia@example.org", "password": "guessed"},
    ),
    "admin:logout": Page(
        "/admin/logout/",
        everyone("/admin/") | dict.fromkeys(STAFF, ONLY_POST),
        post=everyone("/admin/") | dict.fromkeys(STAFF, 200),
    ),
    "admin:password_change": Page(
        "/admin/password_change/", staff(200), post=staff(Done("/admin/password_change/done/")), form=OWN_PASSWORD
    ),
    "admin:password_change_done": Page("/admin/password_change/done/", staff(200), post=staff(405)),
    "admin:search": Page("/admin/search/?s=case&extended=1", staff(200)),
    "admin:autocomplete": Page(
        "/admin/autocomplete/?app_label=referrals&model_name=referral&field_name=case", staff(200), post=staff(405)
    ),
    "admin:jsi18n": Page("/admin/jsi18n/", staff(200), post=staff(405)),
    "admin:app_list": Page("/admin/outbox/", superuser(200, team=404)),
    "admin/(?P<url>.*)$": Page("/admin/nothing/", staff(404)),
}

CASE = "/admin/cases/case/{case}/"


def case_form(path, form=None):
    """A form on the page of a case, to which it leads back."""
    return Page(f"{CASE}{path}", staff(ONLY_POST), post=office(Done(f"{CASE}change/")), form=form)


CASES = {
    "admin:cases_case_changelist": Page("/admin/cases/case/", staff(200)),
    "admin:cases_case_add": Page("/admin/cases/case/add/", staff(403)),
    "admin:cases_case_change": Page("/admin/cases/case/{case}/change/", office(200)),
    "admin:cases_case_history": Page("/admin/cases/case/{case}/history/", office(200)),
    "admin:cases_case_delete": Page("/admin/cases/case/{case}/delete/", office(403)),
    "admin:cases_case_advance": Page(
        "/admin/cases/case/{case}/advance/",
        staff(ONLY_POST),
        post=office(Done("/admin/cases/case/{case}/change/")),
        form={"to": "records", "seen": "submitted"},
    ),
    "admin:cases_case_message": Page(
        "/admin/cases/case/{case}/message/",
        staff(ONLY_POST),
        post=office(Done("/admin/cases/case/{case}/change/")),
        form={"text": "Hola.", "language": "es", "message_id": "018f0000-0000-7000-8000-000000000001"},
    ),
    "admin:cases_case_call": Page(
        "/admin/cases/case/{case}/call/",
        staff(ONLY_POST),
        post=office(Done("/admin/cases/case/{case}/change/")),
    ),
    "admin:cases_case_hand_over": Page(
        "/admin/cases/case/{case}/hand_over/",
        staff(ONLY_POST),
        # The case stays home at this office, which sees it still.
        post=office(Done("/admin/cases/case/{case}/change/")),
        form={"handover-to": "abu-dhabi", "handover-note": "Night shift.", "handover-seen": "mexico-city"},
    ),
    # It is asked for already.
    "admin:cases_case_ask_for_records": Page(
        f"{CASE}ask_for_records/", staff(ONLY_POST), post=office(f"{CASE}change/")
    ),
    "admin:cases_case_withdraw_request": case_form("record_requests/{record_request}/withdraw/"),
    # A file must come with it.
    "admin:cases_case_upload": Page(f"{CASE}upload/", staff(ONLY_POST), post=office(422)),
    "admin:cases_case_document": Page(f"{CASE}documents/{{document}}/file/", office(Done(200)), post=staff(405)),
    "admin:cases_case_preview": Page(f"{CASE}documents/{{document}}/pages/1/", office(200), post=staff(405)),
    "admin:cases_case_confirm": case_form(
        "documents/{document}/confirm/",
        {"document-{document}-kind": "letter", "document-{document}-dated_on": "2026-03-02"},
    ),
    "admin:cases_case_read_again": case_form("documents/{document}/read_again/"),
    "admin:cases_case_ask_for_copy": case_form("studies/{study}/copy/"),
    "admin:cases_case_copy": Page(f"{CASE}copies/{{copy}}/file/", office(Done(200)), post=staff(405)),
    "admin/cases/case/<path:object_id>/": Page("/admin/cases/case/{case}/", staff("/admin/cases/case/{case}/change/")),
    "admin:notifications_notification_changelist": Page("/admin/notifications/notification/", staff(200)),
    "admin:notifications_notification_add": Page("/admin/notifications/notification/add/", staff(403)),
    "admin:notifications_notification_change": Page(
        "/admin/notifications/notification/{mail}/change/", office(200), post=office(403)
    ),
    "admin:notifications_notification_history": Page("/admin/notifications/notification/{mail}/history/", office(200)),
    "admin:notifications_notification_delete": Page("/admin/notifications/notification/{mail}/delete/", office(403)),
    "admin/notifications/notification/<path:object_id>/": Page(
        "/admin/notifications/notification/{mail}/", staff("/admin/notifications/notification/{mail}/change/")
    ),
    "admin:referrals_referral_changelist": Page("/admin/referrals/referral/", staff(200)),
    "admin:referrals_referral_add": Page("/admin/referrals/referral/add/", staff(403)),
    "admin:referrals_referral_change": Page(
        "/admin/referrals/referral/{referral}/change/", office(200), post=office(403)
    ),
    "admin:referrals_referral_history": Page("/admin/referrals/referral/{referral}/history/", office(200)),
    "admin:referrals_referral_delete": Page("/admin/referrals/referral/{referral}/delete/", office(403)),
    "admin/referrals/referral/<path:object_id>/": Page(
        "/admin/referrals/referral/{referral}/", staff("/admin/referrals/referral/{referral}/change/")
    ),
}

PATIENT, MATCH = "/admin/intake/patient/{patient}/", "/admin/intake/patientmatch/{match}/"
PEOPLE = {
    "admin:intake_patient_changelist": Page("/admin/intake/patient/", staff(200)),
    "admin:intake_patient_add": Page("/admin/intake/patient/add/", staff(403)),
    "admin:intake_patient_change": Page(f"{PATIENT}change/", office(200)),
    "admin:intake_patient_history": Page(f"{PATIENT}history/", office(200)),
    "admin:intake_patient_delete": Page(f"{PATIENT}delete/", office(403)),
    "admin:intake_patient_represent": Page(
        f"{PATIENT}represent/",
        staff(ONLY_POST),
        post=office(Done(f"{PATIENT}change/")),
        form={
            "representative-email": "son@example.org",
            "representative-name": "Ana",
            "representative-relation": "relative",
            "representative-language": "es",
            "representative-authority": "A letter.",
        },
    ),
    "admin:intake_patient_end_representation": Page(
        f"{PATIENT}representatives/{{representative}}/end/", staff(ONLY_POST), post=office(Done(f"{PATIENT}change/"))
    ),
    "admin:intake_patient_correct": Page(f"{PATIENT}correct/", staff(ONLY_POST), post=office(422)),
    "admin:intake_patientmatch_changelist": Page("/admin/intake/patientmatch/", staff(200)),
    "admin:intake_patientmatch_add": Page("/admin/intake/patientmatch/add/", staff(403)),
    "admin:intake_patientmatch_change": Page(f"{MATCH}change/", office(200)),
    "admin:intake_patientmatch_history": Page(f"{MATCH}history/", office(200)),
    "admin:intake_patientmatch_delete": Page(f"{MATCH}delete/", office(403)),
    "admin:intake_patientmatch_decide": Page(
        f"{MATCH}decide/",
        staff(ONLY_POST),
        post=office(Done(f"{MATCH}change/")),
        form={"state": "linked", "note": "Same passport.", "seen": "proposed"},
    ),
    # There is nothing to take back yet.
    "admin:intake_patientmatch_undo": Page(
        f"{MATCH}undo/",
        staff(ONLY_POST),
        post=office(f"{MATCH}change/"),
        form={"note": "A mistake.", "seen": "linked"},
    ),
    "admin/intake/patient/<path:object_id>/": Page(PATIENT, staff(f"{PATIENT}change/")),
    "admin/intake/patientmatch/<path:object_id>/": Page(MATCH, staff(f"{MATCH}change/")),
}

JOB = "/admin/translation/translationjob/{job}/"
TRANSLATION = {
    "admin:translation_translationjob_changelist": Page("/admin/translation/translationjob/", staff(200)),
    "admin:translation_translationjob_add": Page("/admin/translation/translationjob/add/", staff(403)),
    "admin:translation_translationjob_change": Page(f"{JOB}change/", office(200)),
    "admin:translation_translationjob_history": Page(f"{JOB}history/", office(200)),
    "admin:translation_translationjob_delete": Page(f"{JOB}delete/", office(403)),
    "admin:translation_translationjob_version": Page(
        f"{JOB}version/", staff(ONLY_POST), post=office(Done(f"{JOB}change/")), form={"text": "Pain.", "seen": "1"}
    ),
    # Only who is qualified in the language releases; the others are told why not.
    "admin:translation_translationjob_release": Page(
        f"{JOB}release/",
        staff(ONLY_POST),
        post=office(f"{JOB}change/", reviewer=Done(f"{JOB}change/")),
        form={"seen": "1"},
    ),
    "admin/translation/translationjob/<path:object_id>/": Page(JOB, staff(f"{JOB}change/")),
}

OUTBOX = {
    "admin:outbox_delivery_changelist": Page("/admin/outbox/delivery/", superuser(200)),
    "admin:outbox_delivery_add": Page("/admin/outbox/delivery/add/", superuser(403)),
    "admin:outbox_delivery_change": Page(
        "/admin/outbox/delivery/{delivery}/change/", superuser(200), post=superuser(403)
    ),
    "admin:outbox_delivery_history": Page("/admin/outbox/delivery/{delivery}/history/", superuser(200)),
    "admin:outbox_delivery_delete": Page("/admin/outbox/delivery/{delivery}/delete/", superuser(403)),
    "admin:outbox_delivery_resend": Page(
        "/admin/outbox/delivery/{delivery}/resend/",
        staff(ONLY_POST),
        post=superuser(Done("/admin/outbox/delivery/{delivery}/change/")),
    ),
    "admin/outbox/delivery/<path:object_id>/": Page(
        "/admin/outbox/delivery/{delivery}/", staff("/admin/outbox/delivery/{delivery}/change/")
    ),
    "admin:outbox_event_changelist": Page("/admin/outbox/event/", superuser(200)),
    "admin:outbox_event_add": Page("/admin/outbox/event/add/", superuser(403)),
    "admin:outbox_event_change": Page("/admin/outbox/event/{event}/change/", superuser(200), post=superuser(403)),
    "admin:outbox_event_history": Page("/admin/outbox/event/{event}/history/", superuser(200)),
    "admin:outbox_event_delete": Page("/admin/outbox/event/{event}/delete/", superuser(403)),
    "admin/outbox/event/<path:object_id>/": Page(
        "/admin/outbox/event/{event}/", staff("/admin/outbox/event/{event}/change/")
    ),
}

USER = "/admin/directory/user/"


def directory_table(app, model, form, delete=403):
    """A table of the directory: the team reads it, superusers (and who manages the directory) change it."""
    name, list_, row = f"admin:{app}_{model}", f"/admin/{app}/{model}/", f"/admin/{app}/{model}/{{{model}}}/"
    return {
        f"{name}_changelist": Page(list_, staff(200)),
        f"{name}_add": Page(f"{list_}add/", superuser(200), post=superuser(Done(list_)), form=form),
        f"{name}_change": Page(f"{row}change/", staff(200), post=superuser(Done(list_)), form=form),
        f"{name}_history": Page(f"{row}history/", staff(200)),
        f"{name}_delete": Page(f"{row}delete/", superuser(delete)),
        f"admin/{app}/{model}/<path:object_id>/": Page(row, staff(f"{row}change/")),
    }


EXCHANGE = "/admin/directory/exchange/"
DIRECTORY = {
    # A file must come with it.
    "exchange:page": Page(EXCHANGE, superuser(200), post=superuser(422)),
    "exchange:download": Page(f"{EXCHANGE}download/?table=regions&format=csv", superuser(200), post=staff(405)),
    # What was not shown to the writer is not written.
    "exchange:write": Page(f"{EXCHANGE}write/", staff(405), post=superuser(EXCHANGE), form={"token": "guessed"}),
    "directory:languages": Page("/admin/directory/languages/", staff(200), post=staff(405)),
    **directory_table("directory", "region", CODE_FORM),
    **directory_table("directory", "office", OFFICE_FORM),
    **directory_table(
        "directory", "officeday", {"office": "{office}", "day": "2026-12-31", "name_en": "New"}, delete=200
    ),
    **directory_table("directory", "physician", {"code": "new-code", "name": "New"}),
    **directory_table("directory", "serviceline", CODE_FORM),
    **directory_table("directory", "specialty", CODE_FORM),
    **directory_table("directory", "programme", CODE_FORM | {"specialty": "{specialty}"}),
    **directory_table("routing", "requirement", CODE_FORM | {"kind": "visa"}),
    **directory_table("routing", "routingrule", {"name": "New", "position": "1", "valid_from": "2026-01-01"}),
    **directory_table(
        "intake", "questionrule", {"country": "FR", "question": "national_id", "action": "ask"}, delete=200
    ),
    **directory_table(
        "records",
        "readinessrule",
        {"code": "new-code", "kind": "letter", "name_en": "New", "why_en": "New", "position": "1"},
    ),
    "admin:routing_routingrule_try": Page("/admin/routing/routingrule/try/", staff(200)),
    "admin:directory_user_changelist": Page(USER, superuser(200)),
    "admin:directory_user_add": Page(
        f"{USER}add/", superuser(200), post=superuser(Done(USER + "*/change/")), form=NEW_USER
    ),
    "admin:directory_user_change": Page(
        USER + "{user}/change/", superuser(200, team=404), post=superuser(Done(USER), team=404), form=USER_FORM
    ),
    "admin:directory_user_history": Page(USER + "{user}/history/", superuser(200, team=404)),
    "admin:directory_user_delete": Page(USER + "{user}/delete/", superuser(403, team=404)),
    "admin:auth_user_password_change": Page(
        USER + "{user}/password/",
        superuser(200),
        post=superuser(Done(USER + "{user}/change/")),
        form=NEW_PASSWORD,
    ),
    "admin/directory/user/<path:object_id>/": Page(USER + "{user}/", staff(USER + "{user}/change/")),
}

INSTITUTION, CREDENTIAL = "/admin/institutions/institution/", "/admin/institutions/credential/"
OUR_INSTITUTION = INSTITUTION + "{institution}/change/"
INSTITUTIONS = {
    "admin:institutions_institution_changelist": Page(INSTITUTION, superuser(200)),
    "admin:institutions_institution_add": Page(
        f"{INSTITUTION}add/", superuser(200), post=superuser(Done(INSTITUTION)), form=INSTITUTION_FORM
    ),
    "admin:institutions_institution_change": Page(
        OUR_INSTITUTION, superuser(200), post=superuser(Done(INSTITUTION)), form=INSTITUTION_FORM | NO_INLINES
    ),
    "admin:institutions_institution_history": Page(INSTITUTION + "{institution}/history/", superuser(200)),
    "admin:institutions_institution_delete": Page(INSTITUTION + "{institution}/delete/", superuser(403)),
    "admin:institutions_institution_suspend": Page(
        INSTITUTION + "{institution}/suspend/",
        superuser(ONLY_POST, team=404),
        post=superuser(Done(OUR_INSTITUTION), team=404),
    ),
    "admin:institutions_institution_resume": Page(
        INSTITUTION + "{suspended}/resume/",
        superuser(ONLY_POST, team=404),
        post=superuser(Done(INSTITUTION + "{suspended}/change/"), team=404),
    ),
    "admin:institutions_institution_issue": Page(
        INSTITUTION + "{institution}/issue/",
        superuser(ONLY_POST, team=404),
        post=superuser(Done(200), team=404),
        form={"label": "Records"},
    ),
    "admin/institutions/institution/<path:object_id>/": Page(INSTITUTION + "{institution}/", staff(OUR_INSTITUTION)),
    "admin:institutions_credential_changelist": Page(CREDENTIAL, superuser(200)),
    "admin:institutions_credential_add": Page(f"{CREDENTIAL}add/", superuser(403)),
    "admin:institutions_credential_change": Page(
        CREDENTIAL + "{credential}/change/", superuser(200), post=superuser(403)
    ),
    "admin:institutions_credential_history": Page(CREDENTIAL + "{credential}/history/", superuser(200)),
    "admin:institutions_credential_delete": Page(CREDENTIAL + "{credential}/delete/", superuser(403)),
    "admin:institutions_credential_revoke": Page(
        CREDENTIAL + "{credential}/revoke/",
        superuser(ONLY_POST, team=404),
        post=superuser(Done(CREDENTIAL + "{credential}/change/"), team=404),
    ),
    "admin/institutions/credential/<path:object_id>/": Page(
        CREDENTIAL + "{credential}/", staff(CREDENTIAL + "{credential}/change/")
    ),
}

ACCOUNT = "/admin/account/"
SECURITY = {
    "admin:second_step": Page("/admin/second-step/", staff(200), form={"code": "guessed"}),
    "admin:passkey": Page("/admin/passkey/", everyone(200), post=everyone(LOGIN), form={"credential": "{{}}"}),
    "admin:account": Page(ACCOUNT, staff(200), post=staff(405)),
    "admin:awake": Page(f"{ACCOUNT}awake/", staff(ONLY_POST), post=staff(Done(200))),
    "admin:set_up": Page(f"{ACCOUNT}set-up/", staff(ACCOUNT), post=staff(405)),
    "admin:set_up_app": Page(f"{ACCOUNT}app/", staff(200), form={"code": "guessed"}),
    "admin:add_passkey": Page(f"{ACCOUNT}passkey/", staff(200), form={"name": "Mine", "credential": "{{}}"}),
    "admin:recovery_codes": Page(f"{ACCOUNT}recovery-codes/", staff(ONLY_POST), post=staff(Done(200))),
    "admin:remove_factor": Page(f"{ACCOUNT}remove/1/", staff(ONLY_POST), post=staff(404)),
    "admin:end_other_sessions": Page(f"{ACCOUNT}sessions/end-others/", staff(ONLY_POST), post=staff(ACCOUNT)),
    "admin:end_session": Page(
        ACCOUNT + "sessions/{session}/end/", staff(ONLY_POST), post=staff(404, coordinator=Done(LOGIN))
    ),
    "admin:take_away_second_factor": Page(
        USER + "{colleague}/second-factor/",
        staff(ONLY_POST),
        post=superuser(Done(USER + "{colleague}/change/")),
    ),
}

SECTIONS = {
    "site": SITE, "website": WEBSITE, "portal": PORTAL, "desk": DESK, "cases": CASES, "people": PEOPLE, "translation": TRANSLATION, "outbox": OUTBOX,
    "directory": DIRECTORY, "institutions": INSTITUTIONS, "security": SECURITY,
}  # fmt: skip
PAGES = {name: page for section in SECTIONS.values() for name, page in section.items()}
