"""Sending files in a real browser: over a line that breaks, over a reload, folders, and what cannot be taken."""

import hashlib
import io
from datetime import timedelta
from http.cookies import SimpleCookie

import pytest
from django.utils import timezone
from PIL import Image
from playwright.sync_api import expect

from patients.intake.drafts import COOKIE, start_draft
from patients.intake.models import Draft, Representative
from patients.intake.models.people import Relation
from patients.records import vault
from patients.records.documents import adopt_documents, receive_document
from patients.records.models import Document, DocumentState, Preview, Upload
from tests.patients.portal.visitor import sign_in_browser
from tests.patients.records.conftest import draft_cookie, jpeg
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZE = 4_000_000
SLOW = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 1_500_000}
CUT = SLOW | {"offline": True}
QUICK = SLOW | {"uploadThroughput": -1}


@pytest.fixture
def send_page(page, site):
    """The step of the request at which files are sent, in a browser that holds a draft."""
    hold(page, site, start_draft(language="en", known={}))
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto("/en/request/steps/documents/")
    return page


@pytest.fixture
def line(send_page):
    """line(SLOW) makes the browser's line slow; line(QUICK) quick again."""
    session = send_page.context.new_cdp_session(send_page)
    return lambda conditions: session.send("Network.emulateNetworkConditions", conditions)


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.jpg"
    path.write_bytes(jpeg(SIZE))
    return path


def choose(page, path, control="#upload-files"):
    page.set_input_files(control, path)


def wait_for_bytes(count):
    wait_until(lambda: Upload.objects.filter(offset__gte=count).exists(), seconds=20, what=f"{count} bytes")


def row_of(page, name):
    return page.locator("[data-rows] li", has_text=name)


def has_arrived(path):
    document = Document.objects.select_related("file").get()
    return document.file.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_cut_line_costs_nothing(send_page, line, scan):
    line(SLOW)
    choose(send_page, scan)
    wait_for_bytes(400_000)
    line(CUT)
    expect(row_of(send_page, "scan.jpg")).to_contain_text("It goes on by itself when the line is back")
    here = Upload.objects.get().offset
    assert 0 < here < SIZE
    line(QUICK)
    expect(row_of(send_page, "scan.jpg").locator("[data-state]")).to_have_text("sent")
    expect(row_of(send_page, "scan.jpg").get_by_role("button")).to_have_count(0)
    expect(send_page.locator("#sent-files")).to_contain_text("scan.jpg")
    assert has_arrived(scan)
    assert Upload.objects.count() == 1
    expect(send_page.locator("[data-told]")).to_have_text("Files sent: 1 of 1")


def test_a_file_goes_on_after_a_reload(send_page, line, scan):
    line(SLOW)
    choose(send_page, scan)
    wait_for_bytes(400_000)
    send_page.reload()
    expect(send_page.locator("[data-left]")).to_contain_text("scan.jpg")
    here = Upload.objects.get().offset
    assert 0 < here < SIZE
    with send_page.expect_request(lambda request: request.method == "PATCH") as first:
        choose(send_page, scan)
    assert int(first.value.headers["upload-offset"]) >= here
    expect(send_page.locator("#sent-files")).to_contain_text("scan.jpg")
    expect(send_page.locator("[data-left]")).to_be_hidden()
    assert has_arrived(scan)
    assert Upload.objects.count() == 1


def hold(page, site, draft):
    value = SimpleCookie(draft_cookie(draft))[COOKIE].value
    page.context.add_cookies([{"name": COOKIE, "value": value, "url": site}])


def test_another_request_knows_nothing_of_it(send_page, site, line, scan, tmp_path):
    first = Draft.objects.get()
    line(SLOW)
    choose(send_page, scan)
    wait_for_bytes(400_000)
    send_page.reload()
    expect(send_page.locator("[data-left]")).to_contain_text("scan.jpg")
    hold(send_page, site, start_draft(language="en", known={}))
    small = tmp_path / "small.jpg"
    small.write_bytes(jpeg(2000))
    choose(send_page, small)  # on the page of the first request
    expect(row_of(send_page, "small.jpg")).to_contain_text("Another request is open in this browser now.")
    assert Upload.objects.count() == 1
    send_page.reload()
    expect(send_page.locator("[data-more]")).to_be_visible()
    expect(send_page.locator("[data-left]")).to_be_hidden()
    hold(send_page, site, first)
    send_page.reload()
    expect(send_page.locator("[data-left]")).to_contain_text("scan.jpg")


def test_a_file_goes_on_once_the_request_is_sent(send_page, site, line, scan, case, patient):
    Representative.objects.get_or_create(
        patient=case.patient, account=patient, ended_at=None, defaults={"relation": Relation.SELF}
    )
    line(SLOW)
    choose(send_page, scan)
    wait_for_bytes(400_000)
    draft = Draft.objects.get()
    Draft.objects.update(care_request=case.care_request)
    adopt_documents(draft=draft, patient=case.patient)
    sign_in_browser(send_page, site, patient)
    send_page.goto(f"/en/cases/{case.reference}/")
    expect(send_page.locator("[data-left]")).to_contain_text("scan.jpg")
    line(QUICK)
    choose(send_page, scan)
    expect(send_page.locator("#sent-files")).to_contain_text("scan.jpg")
    assert has_arrived(scan)
    assert Upload.objects.count() == 1
    assert Document.objects.get().patient == case.patient


def test_an_upload_that_expired_begins_anew(send_page, line, scan):
    line(SLOW)
    choose(send_page, scan)
    wait_for_bytes(400_000)
    send_page.reload()
    Upload.objects.update(expires_at=timezone.now() - timedelta(days=1))
    line(QUICK)
    choose(send_page, scan)
    expect(send_page.locator("#sent-files")).to_contain_text("scan.jpg")
    assert has_arrived(scan)
    assert Upload.objects.count() == 2


def test_pause_and_cancel(send_page, line, scan):
    line(SLOW)
    choose(send_page, scan)
    wait_for_bytes(400_000)
    row = row_of(send_page, "scan.jpg")
    row.get_by_role("button", name="Pause scan.jpg").press("Enter")
    expect(row).to_contain_text("paused")
    row.get_by_role("button", name="Go on scan.jpg").click()
    expect(row).not_to_contain_text("paused")
    row.get_by_role("button", name="Cancel scan.jpg").click()
    expect(row).to_have_count(0)
    wait_until(lambda: not Upload.objects.exists(), seconds=10, what="the upload's end")
    assert not Document.objects.exists()


def test_what_cannot_be_taken_says_why(send_page, tmp_path):
    path = tmp_path / "setup.exe"
    path.write_bytes(b"MZ")
    choose(send_page, path)
    expect(row_of(send_page, "setup.exe")).to_contain_text("We cannot open this type of file")
    expect(send_page.locator("[data-told]")).to_contain_text("setup.exe: We cannot open this type of file")


def test_a_folder_is_sent_and_its_list_follows(send_page, tmp_path):
    folder = tmp_path / "disc" / "MR"
    folder.mkdir(parents=True)
    for n in range(12):
        (folder / f"IM{n:04}.jpg").write_bytes(jpeg(2000 + n))
    choose(send_page, tmp_path / "disc", "[data-folder]")
    expect(send_page.locator("[data-all]")).to_contain_text("Files sent: 12 of 12")
    assert set(Document.objects.values_list("folder", flat=True)) == {"disc/MR"}
    assert Document.objects.count() == 12
    expect(send_page.locator("#sent-files")).to_contain_text("12 files")
    Document.objects.update(state=DocumentState.CHECKED)
    Document.objects.update(state=DocumentState.READY)
    expect(send_page.locator("#sent-files li").first).to_contain_text("ready")
    expect(send_page.locator("#sent-files[data-unfinished]")).to_have_count(0)


def test_the_list_shows_a_page_once_fetched(send_page):
    draft = Draft.objects.get()
    file = vault.store_bytes(content=jpeg(500), media_type="")
    document = receive_document(file=file, filename="scan.jpg", draft=draft)
    Document.objects.update(state=DocumentState.CHECKED)
    drawn = io.BytesIO()
    Image.new("RGB", (30, 40)).save(drawn, "JPEG")
    file = vault.store_bytes(content=drawn.getvalue(), media_type="image/jpeg")
    Preview.objects.create(document=document, page=1, file=file, width=30, height=40)
    fetched, asked = [], []
    send_page.on("request", lambda request: fetched.append(request.url) if "/pages/1/" in request.url else None)
    send_page.on(
        "response", lambda response: asked.append(response.url) if "/documents/?for=" in response.url else None
    )
    send_page.reload()
    wait_until(lambda: send_page.wait_for_timeout(100) or len(asked) > 1, what="two looks at the list")
    expect(send_page.locator("#sent-files img")).to_be_visible()
    assert send_page.locator("#sent-files img").evaluate("picture => picture.naturalWidth") == 30
    assert len(fetched) == 1


def test_without_scripts_a_form_does_it(open_page, site, scan):
    page = open_page(java_script_enabled=False)
    hold(page, site, start_draft(language="en", known={}))
    page.goto("/en/request/steps/documents/")
    choose(page, scan)
    page.get_by_role("button", name="Send the files").click()
    expect(page.locator(".notice")).to_have_text("Your files are here. We check and read them now.")
    expect(page.locator("#sent-files")).to_contain_text("scan.jpg")
    page.get_by_role("button", name="Remove scan.jpg").click()
    expect(page.locator("#sent-files")).to_contain_text("No files yet.")
