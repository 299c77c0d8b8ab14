"""temporary: pictures"""
import pytest
from http.cookies import SimpleCookie
from patients.intake.drafts import COOKIE, start_draft
from patients.records.models import Document, DocumentState, Study
from patients.records.documents import receive_document
from patients.records import vault
from tests.patients.records.conftest import draft_cookie, jpeg
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

@pytest.mark.parametrize("lang,width", [("en", 390), ("ar", 390), ("en", 1100)])
def test_shots(open_page, site, tmp_path, lang, width):
    page = open_page(width=width, height=900)
    d = start_draft(language="en", known={})
    value = SimpleCookie(draft_cookie(d))[COOKIE].value
    page.context.add_cookies([{"name": COOKIE, "value": value, "url": site}])
    for n in range(3):
        receive_document(file=vault.store_bytes(content=jpeg(500000+n), media_type=""), filename=f"scan {n}.{'jpg' if n else 'png'}", draft=d)
    page.goto(f"/{lang}/request/steps/documents/")
    s = page.context.new_cdp_session(page)
    s.send("Network.emulateNetworkConditions", {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 700_000})
    paths = []
    for n in range(5):
        p = tmp_path / f"report {n}.jpg"
        p.write_bytes(jpeg(3_000_000)); paths.append(p)
    e = tmp_path / "setup.exe"; e.write_bytes(b"MZ"); paths.insert(0, e)
    page.set_input_files("#upload-files", paths)
    page.wait_for_timeout(4500)
    page.screenshot(path=f"/tmp/shot_{lang}_{width}.png", full_page=True)
    print(page.evaluate("document.documentElement.scrollWidth"), width)
