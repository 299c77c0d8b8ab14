"""The pages of asking for care, with the way to each in a browser."""

from patients.intake.drafts import keep_typed, mail_way_back, save_step
from patients.intake.models import Draft
from patients.records.documents import receive_document
from patients.records.vault import store_bytes
from tests.patients.portal.visitor import ADDRESS, SAID, fill_fields, patient_page


def newest_draft() -> Draft:
    return Draft.objects.latest("started_at")


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
    visitor.go("request/")
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


@patient_page("portal:step", status=409)
def step_of_another_request(visitor):
    visitor.go("request/steps/name/")
    visitor.page.eval_on_selector("main [name=draft]", "field => field.value = 'another'")
    visitor.page.fill("[name=given_names]", "Omar")
    visitor.send()


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
