"""The permission matrix: every address of the site held against every member of the cast (see `permissions_table`)."""

import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import admin
from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, resolve
from django.utils import translation

from cedars_intl.embedded import CHECKOUT
from offices.directory.models import OfficeDay
from offices.kit.scoped_admin import ConfigurationAdmin, ScopedAdmin
from offices.notifications.models import Notification
from offices.outbox.models import Delivery, DeliveryState
from offices.translation.services import save_version
from partners.institutions.models import Credential
from partners.institutions.services import suspend_institution
from patients.cases.services import post_message
from patients.intake.models import PatientMatch, QuestionRule
from patients.records.models import Preview, SharedStudy, Upload
from patients.records.vault import create_file, store_bytes
from tests.architecture.permissions_table import MEMBERS, PAGES, SECTIONS, Done
from tests.cast import let_in
from tests.factories import (
    DocumentFactory,
    InstitutionFactory,
    ProgrammeFactory,
    ReadinessRuleFactory,
    RequirementFactory,
    RoutingRuleFactory,
    ServiceLineFactory,
    StudyFactory,
    make_case,
    make_record_request,
    refer,
)
from tests.workers import server_environment

OURS = {"patient", "coordinator", "reviewer", "superuser"}
THEIRS = {"other_patient", "other_coordinator", "superuser"}


@pytest.fixture(autouse=True)
def _english():
    """The addresses of the portal's pages begin with the language of the thread."""
    with translation.override("en"):
        yield


def every_page(patterns=None, prefix="", space=""):
    """(name, route) of every pattern that the site resolves; where a pattern has no name, its route is its name."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        route = prefix + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLPattern):
            yield (":".join(filter(None, [space, pattern.name])) if pattern.name else route), route
        else:
            inner = ":".join(filter(None, [space, pattern.namespace]))
            yield from every_page(pattern.url_patterns, route, inner)


class Cell(NamedTuple):
    """What one member gets for one request; `told`: the secrets in it that are not the member's to read."""

    request: str
    expected: int | str | Done
    answer: int | str | Done
    told: list[str]

    @property
    def is_as_expected(self):
        wanted, got = self.expected, self.answer
        if isinstance(wanted, Done) != isinstance(got, Done):
            return False
        if isinstance(wanted, Done):
            wanted, got = wanted.answer, got.answer
        return fnmatchcase(str(got), str(wanted))


@cache
def digests():
    """The statement for `contents`."""
    tables = set(connection.introspection.table_names()) - {"django_session"}
    digest = """SELECT '{0}', md5(string_agg(r::text, chr(10) ORDER BY r::text)) FROM "{0}" AS r"""
    return " UNION ALL ".join(map(digest.format, sorted(tables)))


def contents():
    """What every table holds, as a digest of each; sessions aside, which every signing out changes."""
    with connection.cursor() as cursor:
        cursor.execute(digests())
        return dict(cursor.fetchall())


class World:
    """The cast with its rows; asks the site in the name of each, and takes back whatever an answer changed."""

    def __init__(self, cast):
        self.sessions, self.headers = {}, {}
        for member in MEMBERS:
            self._let_in(member, cast)
        case, other_case, institution = cast("case"), cast("other_case"), cast("institution")
        job = case.care_request.translation
        save_version(job=job, text="I have pain in my chest.", actor=cast("reviewer"))
        post_message(case=case, author=case.account, text="Gracias por todo.", language="es")
        referral = refer(
            institution, partner_reference="HOSP-7731", given_names="Rosalía", family_name="Quiñones",
            email="rosalia@example.org", words="Solicita valoración de la válvula.",
        ).summary  # fmt: skip
        suspended = InstitutionFactory(code="suspended")
        suspend_institution(institution=suspended, actor=None)
        delivery = Delivery.objects.earliest("pk")
        Delivery.objects.filter(pk=delivery.pk).update(state=DeliveryState.DEAD)
        credential = Credential.objects.get(institution=institution)
        make_case(email="maria2@example.org")  # may be the same person
        document, study = DocumentFactory(patient=case.patient), StudyFactory(patient=case.patient)
        picture = store_bytes(content=b"a picture", media_type="image/jpeg")
        Preview.objects.create(document=document, page=1, file=picture, width=1, height=1)
        upload = Upload.objects.create(
            patient=case.patient, file=create_file(), filename="scan.pdf", length=10, sender=case.account
        )
        copy = SharedStudy.objects.create(
            study=study, file=store_bytes(content=b"a copy", media_type="application/zip"), asked_by=cast("coordinator")
        )
        self.rows = {
            "patient": case.patient_id, "representative": case.patient.representatives.get().pk,
            "match": PatientMatch.objects.get(first=case.patient).pk, "document": document.pk, "study": study.pk,
            "copy": copy.pk, "upload": upload.pk, "record_request": make_record_request(case).pk,
            "readinessrule": ReadinessRuleFactory().pk,
            "case": case.pk, "reference": case.reference, "other_reference": other_case.reference, "job": job.pk,
            "mail": Notification.objects.filter(about=case.reference).first().pk, "referral": referral["id"],
            "delivery": delivery.pk, "event": delivery.event_id, "region": case.office.region_id,
            "office": case.office_id, "specialty": case.care_request.specialty_id, "user": case.account_id,
            "officeday": OfficeDay.objects.create(office=case.office, day=date(2026, 12, 24)).pk,
            "physician": case.care_request.specialty.lead_id, "serviceline": ServiceLineFactory().pk,
            "programme": ProgrammeFactory().pk, "requirement": RequirementFactory().pk,
            "routingrule": RoutingRuleFactory().pk,
            "questionrule": QuestionRule.objects.create(country="MX", question="visa", action="skip").pk,
            "institution": institution.pk, "suspended": suspended.pk, "credential": credential.pk,
            "client_id": credential.client_id, "colleague": cast("reviewer").pk,
            "session": UserSession.objects.get(user=cast("coordinator")).pk,
        }  # fmt: skip
        self.readers = dict.fromkeys(
            [case.reference, "María Núñez", "maria@example.org", "Tengo dolor", "pain in my chest", "Gracias por todo"],
            OURS,
        )
        self.readers |= dict.fromkeys([other_case.reference, "Haddad", "layla@example.org", "أعاني من ألم"], THEIRS)
        self.readers |= dict.fromkeys(["Rosalía", "Quiñones", "rosalia@", "la válvula"], OURS - {"patient"})
        self.readers |= dict.fromkeys([referral["case_reference"], "HOSP-7731"], OURS - {"patient"} | {"partner_a"})

    def _let_in(self, member, cast):
        if member.startswith("partner"):
            self.headers[member] = cast(member)
        elif member != "anonymous":
            client = Client()
            # Seen in the time to come: no request writes that the session is used.
            let_in(client, cast(member), at=time.time() + 3600)
            self.sessions[member] = client.cookies[settings.SESSION_COOKIE_NAME].value

    def fill(self, value):
        """An address or an answer with the rows' ids in the place of its placeholders."""
        if isinstance(value, Done):
            return Done(self.fill(value.answer))
        return value.format(**self.rows) if isinstance(value, str) else value

    def ask(self, name, page):
        """The Cells of a page: what each member's GET and POST are answered."""
        before = contents()
        for method, expected in (("GET", page.get), ("POST", page.post or page.get)):
            for member in MEMBERS:
                with transaction.atomic():
                    response = self._send(method, page, member)
                    has_changed = contents() != before
                    transaction.set_rollback(True)
                answer = urlsplit(response["Location"]).path if response.status_code == 302 else response.status_code
                told = self._told(member, response, self.fill(page.address))
                yield Cell(
                    f"{method} {name} by {member}",
                    self.fill(expected[member]),
                    Done(answer) if has_changed else answer,
                    told,
                )

    def _send(self, method, page, member):
        client = Client(raise_request_exception=False, headers=self.headers.get(member))
        if member in self.sessions:
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[member]
        address = self.fill(page.address)
        if method == "GET":
            return client.get(address)
        if page.json:
            return client.post(address, page.json, content_type="application/json")
        form = {self.fill(field): self.fill(value) for field, value in (page.form or {}).items()}
        return client.post(address, urlencode(form), content_type="application/x-www-form-urlencoded")

    def _told(self, member, response, address):
        """The secrets in the answer that are not the member's to read, but for those that the member asked by."""
        content = b"".join(response.streaming_content) if response.streaming else response.content
        text = content.decode(errors="replace")
        if "json" in response["Content-Type"]:
            text = json.dumps(json.loads(text), ensure_ascii=False)
        text += response.get("Location", "")
        return [
            secret
            for secret, readers in self.readers.items()
            if member not in readers and secret in text and secret not in address
        ]


class Section:
    """A part of the table, asked once for all the tests about it."""

    def __init__(self, pages):
        self.pages, self.cells = pages, None


@pytest.fixture(scope="module", params=SECTIONS.values(), ids=SECTIONS)
def section(request):
    return Section(request.param)


@pytest.fixture
def cells(section, request, db):
    if section.cells is None:
        world = World(request.getfixturevalue)
        section.cells = [cell for name, page in section.pages.items() for cell in world.ask(name, page)]
    return section.cells


def test_every_member_gets_what_the_table_says_and_whoever_is_refused_changes_nothing(cells):
    wrong = [f"{cell.request}: {cell.answer}, not {cell.expected}" for cell in cells if not cell.is_as_expected]
    assert not wrong, "\n".join(wrong)


def test_nobody_is_told_of_a_case_that_is_not_theirs(cells):
    told = [f"{cell.request} tells {cell.told}" for cell in cells if cell.told]
    assert not told, "\n".join(told)


def test_the_table_names_every_address_of_the_site():
    names = [name for name, _route in every_page()]
    assert [name for name in names if name not in PAGES] == []
    assert [name for name in PAGES if name not in names] == []
    assert [name for name, times in Counter(names).items() if times > 1] == []
    assert sum(map(len, SECTIONS.values())) == len(PAGES)


def test_every_address_of_the_table_is_of_the_page_that_it_stands_for():
    routes, ids = (
        dict(every_page()),
        defaultdict(lambda: "018f0000-0000-7000-8000-000000000000", delivery="1", session="1", colleague="1"),
    )
    for name, page in PAGES.items():
        assert resolve(urlsplit(page.address.format_map(ids)).path).route == routes[name], name


def test_the_table_says_for_every_member_what_is_answered():
    for name, page in PAGES.items():
        assert set(page.get) == set(page.post or page.get) == set(MEMBERS), name


def test_every_page_of_the_admin_is_for_an_office_or_for_superusers_alone():
    pages = admin.site._registry.values()
    assert [page for page in pages if not isinstance(page, ScopedAdmin | ConfigurationAdmin)] == []


SINK = """
import json, django
django.setup()
from types import SimpleNamespace
from django.contrib import admin
from offices.directory.models import User
from offices.notifications.models import SinkMessage
page = admin.site._registry[SinkMessage]
people = {"patient": User(), "coordinator": User(is_staff=True), "superuser": User(is_staff=True, is_superuser=True)}
rights = {who: page.get_model_perms(SimpleNamespace(user=user)) for who, user in people.items()}
print(json.dumps({who: [name for name, granted in theirs.items() if granted] for who, theirs in rights.items()}))
"""


def test_the_demos_mail_sink_is_for_superusers_to_read():
    environment = server_environment() | {"DEMO": "1", "DJANGO_SETTINGS_MODULE": "cedars_intl.settings"}
    run = subprocess.run([sys.executable, "-c", SINK], cwd=CHECKOUT, env=environment, capture_output=True, check=True)
    assert json.loads(run.stdout) == {"patient": [], "coordinator": [], "superuser": ["view"]}
