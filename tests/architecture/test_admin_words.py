"""The team's desk speaks the reader's language throughout, in the words of libraries too."""

import pytest
from django.conf import settings
from django.contrib import admin
from django.urls import reverse
from django.utils import translation
from django.utils.translation import trans_real

from patients.cases.services import post_message
from tests.factories import refer

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]


@pytest.fixture
def asked(monkeypatch):
    """The texts that were asked of gettext, as keys of its catalogues."""
    keys, words = set(), translation._trans
    gettext, pgettext, ngettext = words.gettext, words.pgettext, words.ngettext

    def spy(key, answer):
        keys.add(key)
        return answer

    monkeypatch.setattr(words, "gettext", lambda text: spy(str(text), gettext(text)))
    monkeypatch.setattr(words, "pgettext", lambda context, text: spy(f"{context}\x04{text}", pgettext(context, text)))
    monkeypatch.setattr(words, "ngettext", lambda one, many, count: spy((one, 0), ngettext(one, many, count)))
    return keys


@pytest.fixture
def desk_pages(case, coordinator, institution):
    """Every list of the desk, an empty one, the page of a row of each kind, and a new one where one may be made."""
    post_message(case=case, author=coordinator, text="Good morning.", language="en")
    refer(institution)
    pages = ["/admin/password_change/", "/admin/cases/case/?q=nobody", "/admin/second-step/", "/admin/account/"]
    pages += ["/admin/account/app/", "/admin/account/passkey/"]
    pages += ["/admin/directory/exchange/", "/admin/directory/languages/"]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        pages += [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        pages += [reverse(f"{name}_change", args=[row.pk]) for row in model.objects.all()[:1]]
    return pages


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_of_the_desk_has_a_translation(language, desk_pages, asked, superuser, client, sign_in):
    assert client.get("/admin/login/", headers={"accept-language": language}).status_code == 200
    superuser.language = language
    superuser.save()
    sign_in(superuser)
    for page in desk_pages:
        answer = client.get(page)
        assert answer.status_code in (200, 403), page
        assert answer.headers["Content-Language"] == language
    with translation.override(language):
        names_of_languages = {str(name) for _code, name in settings.LANGUAGES}
    translated = trans_real.translation(language)._catalog
    missing = {key for key in asked - names_of_languages if key not in translated}
    assert {key for key in missing if any(letter.isalpha() for letter in str(key))} == set()
