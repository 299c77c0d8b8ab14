"""The way to the home page, the languages, and the pages for what went wrong."""

import re

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from django.test import Client
from django.utils import translation

LANGUAGES = [code for code, _name in settings.LANGUAGES]


@pytest.mark.parametrize(
    ("browser", "page"),
    [
        ("es-MX,es;q=0.9", "/es/"),
        ("ar", "/ar/"),
        ("zh-CN,zh;q=0.9", "/zh-hans/"),
        ("pt-BR", "/pt-br/"),
        ("id-ID", "/id/"),
        ("sw", "/en/"),
        ("", "/en/"),
    ],
)
@pytest.mark.django_db
def test_root_leads_to_the_language_of_the_browser(client, browser, page):
    response = client.get("/", headers={"accept-language": browser} if browser else {})
    assert response.status_code == 302
    assert response.url == page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.django_db
def test_page_names_its_language_and_links_the_others(client, offices, language):
    page = client.get(f"/{language}/sign-in/?next=/en/cases/").content.decode()
    direction = "rtl" if language == "ar" else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in page
    for other in LANGUAGES:
        assert re.search(rf'href="/{other}/sign-in/\?next=/en/cases/" lang="{other}" hreflang="{other}"', page)
    assert page.count('aria-current="true"') == 1


@pytest.mark.parametrize("path", ["/es/not-here/", "/es/cases/not-here/at-all/"])
@pytest.mark.django_db
def test_missing_page_speaks_the_language(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert '<html lang="es"' in response.content.decode()
    assert 'href="/es/"' in response.content.decode()


@pytest.mark.parametrize("template", ["400.html", "500.html"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_error_page_needs_no_request_and_no_database(template, language):
    with translation.override(language):
        page = render_to_string(template)
    assert f'<html lang="{language}"' in page
    assert f'href="/{language}/"' in page


@pytest.mark.parametrize(
    ("step", "typed", "shown"),
    [
        ("name", {"native_name": "ماريا", "called": "<b>"}, ['value="ماريا"', 'value="&lt;b&gt;"']),
        ("words", {"words": "أعاني <b>من</b> ألم"}, ["أعاني &lt;b&gt;من&lt;/b&gt; ألم"]),
        ("origin", {"residence_country": "MX"}, ['<option value="MX" selected>']),
        (
            "birth",
            {"birth_date_day": "17", "birth_date_hijri_month": "9"},
            ['value="17"', '<option value="9" selected>'],
        ),
        ("consents", {"consent_records": "on"}, ["checked"]),
    ],
)
@pytest.mark.django_db
def test_form_from_another_site_is_refused_with_what_was_typed(client, begun, step, typed, shown):
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["draft"] = client.cookies["draft"].value
    response = strict.post(f"/ar/request/steps/{step}/", typed)
    page = response.content.decode()
    assert response.status_code == 403
    assert 'dir="rtl"' in page
    for text in shown:
        assert text in page
    assert f'action="/ar/request/steps/{step}/"' in page
    assert 'name="csrfmiddlewaretoken"' in page
    assert not begun.steps.exists()


@pytest.mark.parametrize(
    "path", ["/en/sign-in/", "/en/sign-out/", "/en/nowhere/", "/en/request/steps/name/", "/en/request/check/"]
)
@pytest.mark.django_db
def test_other_forms_from_another_site_are_refused_kindly(path):
    response = Client(enforce_csrf_checks=True).post(path, {"email": "maria@example.org"})
    assert response.status_code in (403, 404)
    assert 'href="/en/"' in response.content.decode()


@pytest.mark.django_db
def test_reply_from_another_site_is_refused_with_what_was_typed(patient, case):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(patient, backend="django.contrib.auth.backends.ModelBackend")
    response = strict.post(f"/en/cases/{case.reference}/reply/", {"text": "Two pages of words"})
    assert response.status_code == 403
    assert "Two pages of words" in response.content.decode()
    assert f'action="/en/cases/{case.reference}/reply/"' in response.content.decode()
