"""Every page that a patient can meet, with the way to it in a browser, for the tests that look at all of them."""

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
from patients.intake.drafts import keep_typed, mail_way_back, save_step
from patients.intake.models import Draft
from patients.intake.people import represent
from patients.records.documents import receive_document
from patients.records.vault import store_bytes
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


def newest_draft() -> Draft:
    return Draft.objects.latest("started_at")


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
            self.page.locator("main form button").click()

    def spoil_token(self) -> None:
        """As when the page was open for very long."""
        self.page.eval_on_selector("main [name=csrfmiddlewaretoken]", "field => field.value = 'x'")

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


@patient_page("website:home")
def home_page(visitor):
    visitor.go()


@patient_page("website:how_it_works")
def how_it_works(visitor):
    visitor.go("how-it-works/")


@patient_page("website:services")
def services(visitor):
    visitor.go("services/")


@patient_page("website:specialty")
def specialty(visitor):
    visitor.go("services/cardiology/")


@patient_page("website:offices")
def offices(visitor):
    visitor.go("offices/")


@patient_page("website:office")
def office(visitor):
    visitor.go("offices/abu-dhabi/")


@patient_page("website:for_partners")
def for_partners(visitor):
    visitor.go("for-partners/")


@patient_page("website:help")
def help_page(visitor):
    visitor.go("help/")


@patient_page("website:privacy")
def privacy(visitor):
    visitor.go("privacy/")


@patient_page("website:search")
def search_before_words(visitor):
    visitor.go("search/")


@patient_page("website:search")
def search_with_results(visitor):
    visitor.go("search/?q=anika")
    assert visitor.page.locator(".results li").count()


@patient_page("website:search")
def search_without_results(visitor):
    visitor.go("search/?q=zzzzz")


@patient_page("portal:request")
def request_before_it_is_begun(visitor):
    visitor.go("request/?specialty=cardiology")


@patient_page("portal:start", "portal:step")
def first_page_of_the_request(visitor):
    visitor.begin()


@patient_page("portal:request")
def task_list_with_nothing_done(visitor):
    visitor.go("request/")


@patient_page("portal:step", status=422)
def choice_with_an_error(visitor):
    visitor.step("asker")
    visitor.page.eval_on_selector_all("main [name=asker]", "fields => fields.forEach((f) => { f.checked = false; })")
    visitor.save()


@patient_page("portal:step")
def questions_about_who_writes(visitor):
    visitor.step("asker", asker="agent")
    visitor.save()


@patient_page("portal:step")
def names(visitor):
    visitor.step("name")


@patient_page("portal:step", status=422)
def names_with_an_error(visitor):
    visitor.step("name", given_names="", family_name="")
    visitor.save()


@patient_page("portal:step")
def birth_date(visitor):
    visitor.step("birth")


@patient_page("portal:step", status=422)
def hijri_birth_date_with_an_error(visitor):
    visitor.step("birth", birth_date_day="", birth_date_month="", birth_date_year="")
    visitor.page.locator("details.hijri summary").click()
    fill_fields(visitor.page, {"birth_date_hijri_day": "31"})
    visitor.save()


@patient_page("portal:step")
def countries(visitor):
    visitor.step("origin")


@patient_page("portal:step", status=422)
def ways_to_reach_with_errors(visitor):
    visitor.step("contact", email="maria@", phone="12")
    visitor.save()


@patient_page("portal:step")
def times_for_a_call(visitor):
    visitor.step("times")


@patient_page("portal:step")
def language(visitor):
    visitor.step("language")


@patient_page("portal:step")
def specialties(visitor):
    visitor.step("specialty")


@patient_page("portal:step", status=422)
def own_words_with_an_error(visitor):
    visitor.step("words", words=" ")
    visitor.save()


@patient_page("portal:step", status=409)
def own_words_that_another_window_saved_too(visitor):
    visitor.step("words", words=SAID[visitor.language])
    save_step(draft=newest_draft(), step="words", answers={"diagnosis": ADDRESS, "words": SAID[visitor.language] * 2})
    visitor.save()


@patient_page("portal:step")
def own_words_that_were_typed_and_not_sent(visitor):
    keep_typed(draft=newest_draft(), step="words", typed={"words": [SAID[visitor.language]]}, seen=1)
    visitor.go("request/steps/words/")


@patient_page("portal:step")
def urgency_with_the_emergency_numbers(visitor):
    visitor.step("origin")
    visitor.save()
    visitor.step("urgency")


@patient_page("portal:skip", "portal:step")
def page_after_one_that_was_skipped(visitor):
    visitor.go("request/steps/history/skip/")


@patient_page("portal:step", status=422)
def tick_with_an_error(visitor):
    visitor.step("medicines", medicines=SAID[visitor.language], no_medicines="on")
    visitor.save()


@patient_page("portal:step")
def documents_before_there_is_any(visitor):
    visitor.go("request/steps/documents/")


@patient_page("portal:send_documents", "portal:step")
def documents_sent_without_a_file(visitor):
    visitor.post_by_hand("documents/send/")


@patient_page("portal:step")
def documents_that_came_and_one_that_was_refused(visitor):
    for filename, content in (("r" * 60 + ".jpg", b"\xff\xd8\xff\xe0" + b"\0" * 500), ("empty.pdf", b"")):
        file = store_bytes(content=content, media_type="")
        receive_document(file=file, filename=filename, draft=newest_draft())
    visitor.go("request/steps/documents/")


@patient_page("portal:remove_document", "portal:step")
def documents_after_one_was_removed(visitor):
    with visitor.page.expect_navigation():
        visitor.page.locator(".sent form button").first.click()


@patient_page("portal:step")
def several_choices(visitor):
    visitor.step("diet", diet_words=SAID[visitor.language])


@patient_page("portal:step")
def date_that_may_stay_open(visitor):
    visitor.step("passport")


@patient_page("portal:step")
def agreements(visitor):
    visitor.go("request/steps/consents/")


@patient_page("portal:step", status=422)
def agreements_with_errors(visitor):
    visitor.save()


@patient_page("portal:check")
def check_with_something_missing(visitor):
    visitor.go("request/check/")


@patient_page("portal:check", status=422)
def check_that_was_refused(visitor):
    visitor.post_by_hand("request/check/")


@patient_page("portal:step", status=403)
def request_that_could_not_be_trusted(visitor):
    visitor.step("words", words=SAID[visitor.language])
    visitor.spoil_token()
    visitor.save()


@patient_page("portal:step", status=403)
def agreements_that_could_not_be_trusted(visitor):
    visitor.step("consents")
    visitor.spoil_token()
    visitor.save()


@patient_page("portal:later")
def go_on_later(visitor):
    visitor.go("request/later/")


@patient_page("portal:later", status=422)
def go_on_later_with_an_error(visitor):
    visitor.page.fill("[name=email]", "maria@")
    visitor.send()


@patient_page("portal:later")
def way_back_that_was_mailed(visitor):
    visitor.page.fill("[name=email]", "omar.abdulrahman.al-suwaidi@example.org")
    visitor.send()


@patient_page("portal:resume_link")
def way_back_by_the_link(visitor):
    way = mail_way_back(draft=newest_draft(), email="omar@example.org")
    visitor.go(f"request/resume/{way.token}/")


@patient_page("portal:resume_link", "portal:request")
def task_list_of_another_device(visitor):
    visitor.send()


@patient_page("portal:resume")
def way_back_by_the_code(visitor):
    visitor.go("request/resume/")


@patient_page("portal:resume", status=422)
def way_back_with_a_wrong_code(visitor):
    fill_fields(visitor.page, {"email": "nobody.whom-anybody-knows@example.org", "code": "0000-0000"})
    visitor.send()


@patient_page("portal:resume_link", "portal:resume")
def way_back_by_a_link_that_was_used(visitor):
    visitor.go("request/resume/nothing/")


@patient_page("portal:discard", "portal:request")
def request_that_was_thrown_away(visitor):
    visitor.go("request/")
    visitor.page.locator("main details summary").click()
    visitor.send()


@patient_page("portal:resume")
def page_of_a_request_that_is_not_open_here(visitor):
    visitor.go("request/steps/name/")


@patient_page("portal:check")
def check_of_all_answers(visitor):
    visitor.fill_request()
    visitor.go("request/check/")


@patient_page("portal:request")
def task_list_with_everything_done(visitor):
    visitor.go("request/")


@patient_page("portal:received")
def request_received(visitor):
    visitor.go("request/check/")
    visitor.send()


@patient_page("portal:sign_in")
def sign_in(visitor):
    visitor.go("sign-in/")


@patient_page("portal:sign_in")
def sign_in_with_an_error(visitor):
    visitor.go("sign-in/")
    visitor.send()


@patient_page("portal:sign_in", status=403)
def sign_in_that_could_not_be_trusted(visitor):
    visitor.go("sign-in/")
    visitor.spoil_token()
    visitor.send()


@patient_page("portal:sign_in_code")
def sign_in_code(visitor):
    visitor.go("sign-in/")
    visitor.page.fill("[name=email]", "nobody.whom-anybody-knows@example.org")
    visitor.send()


@patient_page("portal:sign_in_code")
def sign_in_code_with_an_error(visitor):
    visitor.page.fill("[name=code]", "0000-0000")
    visitor.send()


@patient_page("portal:sign_in")
def sign_in_after_a_code_that_has_ended(visitor):
    visitor.sign_in(None)
    visitor.go("sign-in/code/")


@patient_page("portal:cases")
def cases_before_there_is_any(visitor):
    visitor.sign_in(visitor.people.newcomer)
    visitor.go("cases/")


@patient_page("portal:cases")
def cases_of_the_account(visitor):
    visitor.sign_in(visitor.people.account)
    visitor.go("cases/")


@patient_page("portal:request")
def request_of_somebody_who_asked_before(visitor):
    visitor.go("request/")


@patient_page("portal:case")
def late_case_without_messages(visitor):
    visitor.go(f"cases/{visitor.people.late_case.reference}/")


@patient_page("portal:case")
def case_with_messages(visitor):
    visitor.go(f"cases/{visitor.people.case.reference}/")


@patient_page("portal:case", "portal:reply")
def reply_without_words(visitor):
    visitor.send()


@patient_page("portal:reply", status=403)
def reply_that_could_not_be_trusted(visitor):
    visitor.go(f"cases/{visitor.people.case.reference}/")
    visitor.page.fill("[name=text]", SAID[visitor.language])
    visitor.spoil_token()
    visitor.send()


@patient_page("portal:case", "portal:reply")
def case_after_a_reply(visitor):
    visitor.go(f"cases/{visitor.people.case.reference}/")
    visitor.page.fill("[name=text]", SAID[visitor.language])
    visitor.send()


@patient_page(status=404)
def missing_page_when_signed_in(visitor):
    visitor.go("cases/CI-1999-000001/")


@patient_page("portal:sign_out", "website:home")
def home_after_signing_out(visitor):
    visitor.go()
    with visitor.page.expect_navigation():
        visitor.page.locator("header form[method=post] button").click()


@patient_page(status=404)
def missing_page(visitor):
    visitor.go("nothing-of-that-name/")


@patient_page("portal:reply", status=403)
def page_for_others(visitor):
    visitor.sign_in(visitor.people.coordinator)
    visitor.go(f"cases/{visitor.people.case.reference}/")
    visitor.post_by_hand(f"cases/{visitor.people.case.reference}/reply/")


@patient_page(status=400)
def unreadable_request(visitor):
    visitor.go()
    visitor.post_by_hand("request/start/", fields=1001)


@patient_page(status=500)
def failure_on_our_side(visitor):
    with visitor.monkeypatch.context() as patch:
        patch.setattr(Office, "calendar", None)
        visitor.go()
