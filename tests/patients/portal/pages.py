"""Every page that a patient can meet, with the way to it in a browser, for the tests that look at all of them."""

from offices.directory.models import Office
from tests.patients.portal import intake_pages
from tests.patients.portal.visitor import PAGES, SAID, Visitor, fill_fields, make_people, patient_page, sign_in_browser

__all__ = ["PAGES", "SAID", "Visitor", "fill_fields", "intake_pages", "make_people", "sign_in_browser"]


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
