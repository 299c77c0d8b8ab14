"""Somebody at the site with a browser, and the register of the pages to look at."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone, translation
from playwright.sync_api import Page

from cedars_intl.demo.loader import load_directory
from offices.directory.models import Office, Specialty, User
from offices.translation.models import JobState, TranslationVersion
from offices.translation.services import release_translation, save_version
from patients.cases.models import Case, Stage
from patients.cases.services import advance_case, post_message
from patients.intake.people import represent
from patients.website.services import rebuild_search
from tests.cast import mark_second_factor
from tests.factories import StaffFactory, UserFactory, make_case
from tests.patients.portal.walking import TYPED

SAID = {
    "en": "Thank you for writing. Please send the last scans, if you have them.",
    "es": "Gracias por escribirnos. Envíenos las últimas imágenes, si las tiene.",
    "ar": "شكراً لكم على رسالتكم. أرسلوا إلينا آخر الصور إن وُجدت.",
    "zh-hans": "谢谢您的来信。如有最近的影像资料，请发给我们。",
    "fr": "Merci de nous avoir écrit. Envoyez-nous les dernières images, si vous les avez.",
    "id": "Terima kasih atas surat Anda. Kirimkan hasil pencitraan terakhir, jika ada.",
    "pt-br": "Obrigado por nos escrever. Envie as últimas imagens, se as tiver.",
    "ru": "Спасибо за письмо. Пришлите, пожалуйста, последние снимки, если они у вас есть.",
}
ADDRESS = "https://records.example.org/share/" + "8f3cbb1d9f" * 8
STAGES = (Stage.RECORDS, Stage.CLINICAL_REVIEW, Stage.ESTIMATE)


@dataclass
class People:
    """Whose pages are looked at. `case` has every kind of message; `account` has another case, which is late."""

    account: User
    case: Case
    late_case: Case
    newcomer: User
    coordinator: User


def make_people(language: str) -> People:
    """The demo's offices and specialties, and two cases of a person whose pages are in `language`."""
    with translation.override("en"):
        load_directory()
        rebuild_search()
        coordinator = StaffFactory(
            name="Lucía Herrera", office=Office.objects.get(code="mexico-city"), qualified_languages=[language, "es"]
        )
        written = "es" if language == "en" else language  # so that the office's English is translated
        details = {"language": written, "specialty": Specialty.objects.get(code="congenital-heart")}
        details |= {"email": "maria.fernanda.nunez-ortega@example.org", "words": f"{SAID[written]}\n\n{ADDRESS}"}
        late_case = make_case(at=timezone.now() - timedelta(days=30), **details)
        case = make_case(**details)
        _write(case, coordinator, written)
        for stage in STAGES:
            advance_case(case=case, to=stage, actor=coordinator)
        case.refresh_from_db()
        represent(patient=case.patient, account=case.account)
        return People(case.account, case, late_case, UserFactory(name="Omar"), coordinator)


def _write(case: Case, coordinator: User, written: str) -> None:
    def ask_for_translation():
        return post_message(case=case, author=coordinator, text=f"{SAID['en']} {ADDRESS}", language="en").translation

    post_message(case=case, author=coordinator, text=SAID[written], language=written)
    post_message(case=case, author=case.account, text=SAID[written], language=written)
    drafted, corrected, released, _pending = (ask_for_translation() for _ in range(4))
    TranslationVersion.objects.create(job=drafted, number=1, text=SAID[written], engine="Apertium")
    drafted.state = JobState.MACHINE_DRAFT
    drafted.save()
    for job in (corrected, released):
        save_version(job=job, text=SAID[written], actor=coordinator)
    release_translation(job=released, actor=coordinator)


class Visitor:
    """Somebody at the site with a browser page of the language's own."""

    def __init__(self, page: Page, site: str, language: str, people: People, monkeypatch):
        self.page, self.site, self.language, self.people = page, site, language, people
        self.monkeypatch = monkeypatch
        self.statuses = []
        page.on("response", self._note)

    def _note(self, response) -> None:
        if response.request.is_navigation_request():
            self.statuses.append(response.status)

    def open(self, patient_page: "PatientPage") -> None:
        """Open the page, and make sure that it is the one that was meant."""
        patient_page.open(self)
        assert self.statuses[-1] == patient_page.status, f"{patient_page.name}: {self.statuses[-1]}"

    def go(self, path: str = "") -> None:
        self.page.goto(f"/{self.language}/{path}")

    def send(self) -> None:
        """Press the button of the form."""
        with self.page.expect_navigation():
            self.page.locator("main form:not(.uploader) button").click()

    def spoil_token(self) -> None:
        """As when the page was open for very long."""
        tokens = "fields => fields.forEach((field) => { field.value = 'x'; })"
        self.page.eval_on_selector_all("main [name=csrfmiddlewaretoken]", tokens)

    def post_by_hand(self, path: str, fields: int = 1) -> None:
        """Send a form that no page shows, with the token of this one."""
        script = """([path, fields]) => {
            const form = document.createElement("form");
            form.method = "post";
            form.action = path;
            form.append(document.querySelector("[name=csrfmiddlewaretoken]").cloneNode());
            for (let number = 0; number < fields; number++) {
                form.append(Object.assign(document.createElement("input"), {name: `field${number}`}));
            }
            document.body.append(form);
            form.submit();
        }"""
        with self.page.expect_navigation():
            self.page.evaluate(script, [f"/{self.language}/{path}", fields])

    def sign_in(self, user: User | None) -> None:
        self.page.context.clear_cookies()
        if user:
            sign_in_browser(self.page, self.site, user)

    def begin(self) -> None:
        self.page.context.clear_cookies(name="draft")
        self.go("request/")
        self.send()

    def step(self, step: str, **typed) -> None:
        """Open a page of the request, and type; what is usual there, if nothing is said."""
        self.go(f"request/steps/{step}/")
        fill_fields(self.page, typed or TYPED.get(step, {}))

    def save(self) -> None:
        with self.page.expect_navigation():
            self.page.locator("form.intake-form .actions .button").click()

    def fill_request(self) -> None:
        """Begin, and save every page that must be."""
        self.begin()
        own = {"email": "omar.abdulrahman.al-suwaidi@example.org", "words": SAID[self.language]}
        for step, typed in TYPED.items():
            self.step(step, **typed | {name: value for name, value in own.items() if name in typed})
            self.save()


def fill_fields(page: Page, typed: dict) -> None:
    """Type, choose and tick by the names of the fields; several boxes of one name are a list."""
    for name, value in typed.items():
        field = page.locator(f"main [name={name}]")
        kind = field.first.evaluate("field => field.type")
        if kind in ("radio", "checkbox"):
            for box in [value] if isinstance(value, str) else value:
                (field if box == "on" else page.locator(f"main [name={name}][value='{box}']")).check()
        elif kind.startswith("select"):
            field.select_option(value)
        else:
            field.fill(value)


def sign_in_browser(page: Page, site: str, user: User) -> None:
    """What signing in does to a browser, without the way there."""
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session.create()
    if user.is_staff:
        mark_second_factor(session, user)
        session.save()
    page.context.add_cookies([{"name": "sessionid", "value": session.session_key, "url": site}])


@dataclass(frozen=True)
class PatientPage:
    """`status` is what the page answers with; `covers` are the names of addresses in patients.portal.urls."""

    name: str
    covers: tuple[str, ...]
    status: int
    open: Callable[[Visitor], None]


PAGES: list[PatientPage] = []


def patient_page(*covers: str, status: int = 200):
    def register(function):
        PAGES.append(PatientPage(function.__name__.replace("_", " "), covers, status, function))
        return function

    return register
