"""Passkeys and the end of an idle session, in a real browser."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from playwright.sync_api import expect

from offices.security.codes import app_code
from tests.factories import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SECRET = generate_totp_secret()


@pytest.fixture
def desk(open_page, site):
    """A page at the desk, addressed by a name, since passkeys need one."""
    page = open_page(width=1280)
    page.host = site.replace("127.0.0.1", "localhost")
    return page


@pytest.fixture
def fingerprint(desk):
    """The browser's own passkeys, whose owner always confirms."""
    devtools = desk.context.new_cdp_session(desk)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    return devtools, devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def type_password(page, user):
    page.goto(f"{page.host}/admin/")
    page.get_by_label("e-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def sign_out(page):
    page.context.clear_cookies()


def test_a_passkey_is_set_up_and_opens_the_desk_as_second_step_and_alone(desk, fingerprint, coordinator):
    type_password(desk, coordinator)
    desk.get_by_role("link", name="Add a passkey").click()
    desk.get_by_label("Name of the passkey").fill("My laptop")
    desk.get_by_role("button", name="Add a passkey").click()
    expect(desk.get_by_role("listitem").filter(has=desk.locator("code"))).to_have_count(10)
    desk.get_by_role("link", name="I have kept them, go on").click()
    expect(desk).to_have_url(f"{desk.host}/admin/cases/case/")
    assert Authenticator.objects.get(type="webauthn").wrap().name == "My laptop"

    sign_out(desk)
    type_password(desk, coordinator)
    desk.get_by_role("button", name="Use a passkey").click()
    expect(desk).to_have_url(f"{desk.host}/admin/cases/case/")

    sign_out(desk)
    desk.goto(f"{desk.host}/admin/login/?next=/admin/account/")
    desk.get_by_role("button", name="Sign in with a passkey").click()
    expect(desk.get_by_text("My laptop", exact=True)).to_be_visible()


def test_a_device_without_the_passkey_is_told_so(desk, fingerprint, coordinator):
    devtools, authenticator = fingerprint
    type_password(desk, coordinator)
    desk.get_by_role("link", name="Add a passkey").click()
    desk.get_by_role("button", name="Add a passkey").click()
    expect(desk.get_by_role("link", name="I have kept them, go on")).to_be_visible()
    devtools.send("WebAuthn.clearCredentials", {"authenticatorId": authenticator})
    sign_out(desk)
    type_password(desk, coordinator)
    desk.get_by_role("button", name="Use a passkey").click()
    expect(desk.get_by_role("alert")).to_contain_text("no passkey of yours was found")
    desk.goto(f"{desk.host}/admin/cases/case/")
    expect(desk.get_by_role("button", name="Log in")).to_be_visible()


@pytest.fixture
def at_work(desk, coordinator):
    """The coordinator at the desk, where the test moves the browser's clock."""
    TOTP.activate(coordinator, SECRET)
    desk.clock.install()
    type_password(desk, coordinator)
    desk.get_by_label("Code", exact=True).fill(app_code(SECRET))
    desk.get_by_role("button", name="Go on").click()
    desk.goto(f"{desk.host}/admin/account/")
    return desk


def test_who_does_nothing_is_warned_and_may_stay(at_work):
    at_work.clock.fast_forward("12:30")
    expect(at_work.get_by_role("alertdialog")).to_have_count(0)
    at_work.clock.fast_forward("00:50")
    warning = at_work.get_by_role("alertdialog", name="Are you still there?")
    expect(warning).to_be_visible()
    warning.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_have_count(0)
    at_work.clock.fast_forward("12:30")
    expect(at_work.get_by_role("alertdialog")).to_have_count(0)


def test_who_types_is_never_warned(at_work):
    for _ in range(4):
        at_work.clock.fast_forward("05:00")
        with at_work.expect_response("**/admin/account/awake/") as answer:
            at_work.keyboard.press("Shift")
        assert answer.value.status == 200
    expect(at_work.get_by_role("alertdialog")).to_have_count(0)


def test_who_does_not_answer_is_led_to_the_sign_in(at_work, settings):
    settings.STAFF_IDLE_MINUTES = 0
    at_work.clock.fast_forward("15:05")
    expect(at_work.get_by_text("because nothing was done for a while")).to_be_visible()
    assert "next=%2Fadmin%2Faccount%2F" in at_work.url


def test_the_end_is_learnt_from_the_server_too(at_work, coordinator, settings):
    settings.STAFF_IDLE_MINUTES = 0
    at_work.clock.fast_forward("02:00")
    at_work.keyboard.press("Shift")
    expect(at_work.get_by_text("because nothing was done for a while")).to_be_visible()
