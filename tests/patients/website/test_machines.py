"""What search engines read."""

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import resolve

from offices.kit.templatetags.pages import json_ld
from patients.website.services import rebuild_search
from tests.factories import SpecialtyFactory

pytestmark = pytest.mark.django_db
LANGUAGES = [code for code, _name in settings.LANGUAGES]
PUBLIC = [
    "", "how-it-works/", "services/", "services/cardiology/", "offices/", "offices/abu-dhabi/", "for-partners/", "help/",
    "privacy/", "request/",
]  # fmt: skip
SITE = "https://international.example.org"
PRIVATE = re.compile(r"/(cases|sign-in|sign-out|received|admin|api|oauth|search)")


@pytest.fixture(autouse=True)
def _site(settings):
    settings.SITE_URL = SITE


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_public_page_names_itself_and_its_other_languages(client, places, catalogue, language):
    titles, descriptions = set(), set()
    for path in PUBLIC:
        page = client.get(f"/{language}/{path}?x=1").content.decode()
        assert re.findall(r'rel="canonical" href="([^"]+)"', page) == [f"{SITE}/{language}/{path}"]
        alternates = dict(re.findall(r'rel="alternate" hreflang="([^"]+)" href="([^"]+)"', page))
        assert alternates == {code: f"{SITE}/{code}/{path}" for code in LANGUAGES} | {"x-default": f"{SITE}/{path}"}
        assert "noindex" not in page
        graph = dict(re.findall(r'<meta property="og:(\w+)" content="([^"]+)"', page))
        assert graph["url"] == f"{SITE}/{language}/{path}"
        assert graph["image"].startswith(f"{SITE}/static/img/share")
        assert graph["locale"] == {"en": "en_US", "zh-hans": "zh_CN"}[language]
        assert graph["title"] in re.search(r"<title>(.*?)</title>", page).group(1)
        titles.add(graph["title"])
        descriptions.add(re.search(r'<meta name="description" content="([^"]+)"', page).group(1))
    assert len(titles) == len(descriptions) == len(PUBLIC)


def test_the_picture_for_links_is_of_the_size_that_is_told():
    data = Path(finders.find("img/share.png")).read_bytes()
    assert len(data) < 60_000
    assert (int.from_bytes(data[16:20]), int.from_bytes(data[20:24])) == (1200, 630)


@pytest.mark.parametrize("path", ["sign-in/", "search/?q=heart", "cases/CI-1999-000001/", "nothing/"])
def test_what_is_not_for_everyone_is_not_for_search_engines(client, path):
    page = client.get(f"/en/{path}", follow=True).content.decode()
    assert '<meta name="robots" content="noindex, nofollow">' in page
    assert "canonical" not in page


def test_without_a_language_a_page_leads_to_the_one_of_the_browser(client, places):
    response = client.get("/offices/", headers={"accept-language": "ar"})
    assert (response.status_code, response["Location"]) == (302, "/ar/offices/")


def addresses(client):
    tree = ElementTree.fromstring(client.get("/sitemap.xml").content)
    names = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
    return {url.find("s:loc", names).text: url.findall("x:link", names) for url in tree.findall("s:url", names)}


def test_the_sitemap_holds_every_public_page_and_no_other(client, places, catalogue):
    found = addresses(client)
    pages = [*PUBLIC, "services/pulmonology/", "offices/mexico-city/", "offices/nowhere/"]
    assert set(found) == {f"{SITE}/{code}/{path}" for code in LANGUAGES for path in pages}
    assert not [address for address in found if PRIVATE.search(address)]
    assert {len(links) for links in found.values()} == {len(LANGUAGES) + 1}
    for address in found:
        assert client.get(urlsplit(address).path).status_code == 200


def test_robots_are_kept_from_what_is_private(client):
    text = client.get("/robots.txt").content.decode()
    assert f"Sitemap: {SITE}/sitemap.xml" in text
    shut = [line.removeprefix("Disallow: ") for line in text.splitlines() if line.startswith("Disallow")]
    # Pages that say noindex themselves must be read for that.
    assert {"/admin/", "/api/", "/oauth/"} == set(shut)
    for path in shut:
        if path != "/oauth/":
            assert resolve(path.replace("*", "en"))
    for path in PUBLIC:
        assert not [rule for rule in shut if re.match(rule.replace("*", ".*"), f"/en/{path}")]


def data_of(page):
    return [
        json.loads(text) for text in re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    ]


def test_the_home_page_describes_the_department_with_its_offices(client, places):
    (data,) = data_of(client.get("/en/").content.decode())
    assert data["@type"] == "MedicalOrganization"
    offices = {office["url"]: office["contactPoint"] for office in data["department"]}
    assert len(offices) == 3
    point = offices[f"{SITE}/en/offices/abu-dhabi/"]
    assert point["areaServed"] == ["AE", "OM"]
    assert point["availableLanguage"] == ["ar", "en"]


@pytest.mark.parametrize(
    ("path", "kind"), [("services/cardiology/", "MedicalWebPage"), ("offices/abu-dhabi/", "MedicalOrganization")]
)
def test_a_page_below_describes_itself_and_the_way_to_it(client, places, catalogue, path, kind):
    ((page, trail),) = data_of(client.get(f"/en/{path}").content.decode())
    assert page["@type"] == kind
    assert page["url"] == f"{SITE}/en/{path}"
    assert [item["position"] for item in trail["itemListElement"]] == [1, 2, 3]
    assert trail["itemListElement"][-1]["item"] == f"{SITE}/en/{path}"


def test_nothing_in_a_name_ends_the_data(client):
    name = "Heart</script><script>alert(1)</script> & <!--"
    SpecialtyFactory(name=name)
    page = client.get("/en/services/cardiology/").content.decode()
    ((data, _trail),) = data_of(page)
    assert data["name"] == name
    assert "<script>alert" not in page
    assert "</script" not in json_ld(name).removesuffix("</script>")


def test_the_search_of_a_name_with_markup_shows_it_as_text(client):
    SpecialtyFactory(name="Heart <b>bold</b>", summary="About <i>hearts</i>")
    rebuild_search()
    page = client.get("/en/search/?q=heart").content.decode()
    assert "Heart &lt;b&gt;bold" in page
    assert "<i>" not in page
