"""The message tool: what it extracts, what it keeps, what it refuses; and the catalogues of this checkout."""

import gettext
import io
import json
import os

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import CommandError, call_command
from django.template import engines
from django.utils import translation

from cedars_intl.messages.catalogues import (
    CatalogueError,
    catalogue_path,
    compile_catalogues,
    read_catalogue,
    update_catalogues,
)
from cedars_intl.messages.checks import catalogue_problems, directory_problems
from cedars_intl.messages.extract import ExtractionError, extract_messages
from cedars_intl.messages.locales import LOCALES
from cedars_intl.messages.worklist import fill_catalogue, untranslated

SOURCES = {
    "offices/words.py": """
        from django.utils.translation import gettext_lazy as _, ngettext, pgettext, npgettext_lazy
        # Translators: a button
        send = _("Send")
        welcome = _("Welcome, %(name)s. <b>We</b> are here.")
        mail = _("Dear {name},\\n")
        hours = ngettext("%(count)s hour", "%(count)s hours", 2)
        may = pgettext("month", "May")
        beds = npgettext_lazy("hotel", "One bed", "%(count)s beds", "count")
    """,
    "offices/migrations/0001_initial.py": """_("Not from a migration")""",
    "tests/test_words.py": """_("Not from a test")""",
    "patients/portal/templates/portal/note.txt": """{% load i18n %}{% translate "A note" %}""",
    "templates/page.html": """
        {% extends "base.html" %}{% load i18n unknown_library %}
        {% unknown_tag label=_("In a tag") %}{{ value|default:_("In a filter") }}
        {# Translators: on the sign #}
        {% translate "Save" context "verb" %}
        {% trans "100% care" noop %}
        {% if a == _('It\\'s "quoted"') %}{% block b %}{% translate "Nested" as nested %}{{ nested }}{% endblock %}{% endif %}
        {% blocktranslate trimmed with name=person.name %}
            Hello {{ name }},
            we read   it.
        {% endblocktranslate %}
        {% blocktranslate count count=n context "files" %}{{ count }} file{% plural %}{{ count }} files{% endblocktranslate %}
        {% comment %}{% translate "Commented out" %}{{ _("Also") }}{% endcomment %}
        {% verbatim %}{% translate "Verbatim" %}{{ _("Verbatim too") }}{% endverbatim %}
        {% translate variable %} {{ "_('only text')" }}
    """,
}

MESSAGES = {
    ("Send", None),
    ("Welcome, %(name)s. <b>We</b> are here.", None),
    ("Dear {name},\n", None),
    (("%(count)s hour", "%(count)s hours"), None),
    ("May", "month"),
    (("One bed", "%(count)s beds"), "hotel"),
    ("A note", None),
    ("In a tag", None),
    ("In a filter", None),
    ("Save", "verb"),
    ("100%% care", None),
    ('It\'s "quoted"', None),
    ("Nested", None),
    ("Hello %(name)s, we read   it.", None),
    (("%(count)s file", "%(count)s files"), "files"),
}


@pytest.fixture
def checkout(tmp_path):
    """A small checkout whose every message is soundly translated."""
    for name, text in SOURCES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(line.strip() for line in text.splitlines()))
    template = extract_messages(tmp_path)
    update_catalogues(template, tmp_path / "locale")
    for locale in LOCALES.values():
        items = untranslated(template, tmp_path / "locale", locale)
        for item in items:
            english = item.get("plural", item["msgid"])
            item["msgstr"] = [f"«{english}"] * len(locale.forms) if "plural" in item else f"«{english}"
        assert fill_catalogue(template, tmp_path / "locale", locale, items) == (len(MESSAGES), [])
    return tmp_path


def problems(checkout):
    return [str(problem) for problem in catalogue_problems(extract_messages(checkout), checkout / "locale")]


def edit(checkout, old, new, code="es"):
    path = catalogue_path(checkout / "locale", LOCALES[code])
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def fill(checkout, code, **item):
    return fill_catalogue(extract_messages(checkout), checkout / "locale", LOCALES[code], [item])


def test_the_languages_are_the_sites():
    assert ["en", *LOCALES] == [code for code, _name in settings.LANGUAGES]
    for code, locale in LOCALES.items():
        assert translation.to_locale(code) == locale.folder


@pytest.mark.parametrize("locale", LOCALES.values(), ids=LOCALES)
def test_plural_forms_are_what_the_rule_says(locale):
    pick = gettext.c2py(locale.plural_rule)
    numbers = {form: [n for n in range(1000) if pick(n) == form] for form in range(len(locale.forms))}
    assert sum(map(len, numbers.values())) == 1000
    assert {form for form, found in numbers.items() if len(found) == 1} == locale.exact_forms
    for form, found in numbers.items():
        assert locale.forms[form] == "every number" or locale.forms[form].startswith(str(found[0]))


def test_extracts_what_the_sources_say(checkout):
    template = extract_messages(checkout)
    assert {(message.id, message.context) for message in template if message.id} == MESSAGES
    assert template.get("Send").auto_comments == ["Translators: a button"]
    assert template.get("Save", "verb").auto_comments == ["Translators: on the sign"]
    assert template.get("A note").locations == [("patients/portal/templates/portal/note.txt", None)]
    assert template.get("Dear {name},\n").flags == {"python-brace-format"}
    assert template.get("%(count)s hour").flags == {"python-format"}


def test_msgids_are_what_django_looks_up(checkout, settings):
    """The template's own text, rendered in a language that has these messages, is all in that language."""
    source = SOURCES["templates/page.html"].replace('{% extends "base.html" %}', "").replace(" unknown_library", "")
    source = source.replace("unknown_tag label=", "firstof nothing ")
    compile_catalogues(checkout / "locale")
    settings.LOCALE_PATHS = [checkout / "locale"]
    context = {"person": {"name": "Ana"}, "n": 3, "a": '«It\'s "quoted"'}
    with translation.override("es"):
        page = engines["django"].from_string(source).render(context)
    for said in ["«In a tag", "«In a filter", "«Save", "«Nested", "«Hello Ana, we read   it.", "«3 files"]:
        assert said in page


def test_a_broken_tag_is_named(checkout):
    (checkout / "templates/page.html").write_text(
        "{% load i18n %}{% blocktranslate %}{% if a %}{% endblocktranslate %}"
    )
    with pytest.raises(ExtractionError, match="templates/page.html"):
        extract_messages(checkout)


def test_a_context_that_is_no_literal_is_refused(checkout):
    (checkout / "templates/page.html").write_text("{% load i18n %}{% translate 'a' context b %}")
    with pytest.raises(ExtractionError, match="literal"):
        extract_messages(checkout)


def test_sound_catalogues_have_no_problem(checkout):
    assert problems(checkout) == []


def test_files_depend_on_the_messages_alone(checkout):
    path = catalogue_path(checkout / "locale", LOCALES["ru"])
    before = path.read_bytes()
    words = checkout / "offices/words.py"
    words.write_text("\n\n\n" + words.read_text())
    assert update_catalogues(extract_messages(checkout), checkout / "locale") == []
    assert path.read_bytes() == before
    text = before.decode()
    assert "Creation-Date" not in text
    assert "#: offices/words.py\n" in text
    assert "nplurals=3;" in text


def test_update_keeps_translations_and_drops_what_is_gone(checkout):
    edit(checkout, 'msgid "Nested"', '# Seen by Ana.\nmsgid "Nested"')
    words = checkout / "offices/words.py"
    words.write_text(
        words.read_text().replace('"Send"', '"Send it"').replace("%(count)s hours", "%(count)s long hours")
    )
    assert update_catalogues(extract_messages(checkout), checkout / "locale") == list(LOCALES)
    catalogue = read_catalogue(checkout / "locale", LOCALES["es"])
    assert catalogue.get("Nested").string == "«Nested"
    assert catalogue.get("Nested").user_comments == ["Seen by Ana."]
    assert catalogue.get("Send") is None and not catalogue.obsolete
    assert catalogue.get("Send it").string == "" and not catalogue.get("Send it").fuzzy
    assert catalogue.get("%(count)s hour").string == ("", "")


def test_compiles_what_changed(checkout):
    folder = checkout / "locale"
    assert compile_catalogues(folder) == list(LOCALES)
    assert compile_catalogues(folder) == []
    edit(checkout, "«Send", "Envíe", "es")
    source = catalogue_path(folder, LOCALES["es"])
    os.utime(source, (1, 1))
    assert compile_catalogues(folder) == ["es"]
    catalogue = gettext.translation("django", folder, ["es"])
    assert catalogue.gettext("Send") == "Envíe"
    assert catalogue.pgettext("month", "May") == "«May"
    assert catalogue.ngettext("%(count)s hour", "%(count)s hours", 1) == "«%(count)s hours"
    russian = gettext.translation("django", folder, ["ru"])
    assert russian.ngettext("%(count)s hour", "%(count)s hours", 22) == "«%(count)s hours"


def test_a_new_string_is_missing_everywhere(checkout):
    (checkout / "partners").mkdir()
    (checkout / "partners/new.py").write_text('_("New words")')
    found = problems(checkout)
    assert [line.split(":")[0] for line in found] == list(LOCALES)
    assert all("'New words' (partners/new.py) is not in the catalogue" in line for line in found)


def test_a_singular_that_got_a_plural_is_missing(checkout):
    words = checkout / "offices/words.py"
    words.write_text(words.read_text().replace('_("Send")', 'ngettext("Send", "Send all", 2)'))
    assert any("'Send' (offices/words.py) is not in the catalogue" in line for line in problems(checkout))


def test_a_string_that_is_gone_is_stale(checkout):
    (checkout / "patients/portal/templates/portal/note.txt").unlink()
    found = problems(checkout)
    assert len(found) == len(LOCALES)
    assert "es: 'A note' (locale/es/LC_MESSAGES/django.po) is stale" in found[0]


def test_an_obsolete_entry_is_stale(checkout):
    edit(checkout, 'msgid "May"', 'msgid "June"\nmsgstr "Juin"\n\n#~ msgid "Old"\n#~ msgstr "Viejo"\n\nmsgid "May"')
    assert sum("is stale" in line for line in problems(checkout)) >= 1
    assert any("'Old'" in line and "is stale" in line for line in problems(checkout))


@pytest.mark.parametrize(
    "code, old, new, fault",
    [
        ("es", 'msgstr "«Nested"', 'msgstr ""', "'Nested' (templates/page.html) is not translated"),
        ("es", 'msgid "Nested"', '#, fuzzy\nmsgid "Nested"', "is marked fuzzy"),
        ("es", 'msgstr[1] "«%(count)s hours"', "", "needs 2 plural forms: missing for 0, 2, 3..."),
        ("ar", 'msgstr[3] "«%(count)s hours"', 'msgstr[3] ""', "missing for 3-10, 103-110..."),
        ("es", "«Hello %(name)s", "«Hello %(nombre)s", "%(name)s in English, %(nombre)s here"),
        ("es", "«Hello %(name)s", "«Hello", "%(name)s in English, none here"),
        ("es", "«Hello %(name)s", "«Hello %(name)d", "%(name)d here"),
        ("es", "«Dear {name}", "«Dear {nombre}", "brace placeholders: {name} in English, {nombre} here"),
        ("es", "«Dear {name}", "«Dear {name", "a lone brace here"),
        ("es", 'msgstr[1] "«%(count)s hours', 'msgstr[1] "«hours', "form 1 (0, 2, 3...) has other placeholders"),
        ("ru", 'msgstr[0] "«%(count)s hours', 'msgstr[0] "«hours', "form 0 (1, 21, 31...) has other placeholders"),
        ("ru", 'msgstr[0] "«%(count)s beds', 'msgstr[0] "«bed', "form 0 (1, 21, 31...) has other placeholders"),
        ("es", "«100%% care", "«100% care", "has a percent sign that is no placeholder"),
        ("es", "«In a tag", "«100 % in a tag", "has a percent sign, which the English has not"),
        ("es", '"«Dear {name},\\n"', '"«Dear {name},"', "other line breaks"),
        ("es", '"«Nested"', '"\\n«Nested"', "other line breaks"),
        ("es", '«Welcome, %(name)s. <b>We</b>', '«Welcome, %(name)s. We', "has other HTML tags: </b>, <b> in English, none"),
        ("es", '«Welcome, %(name)s. <b>We</b>', '«Welcome, %(name)s. <b>We<b>', "has other HTML tags"),
        ("es", '"«Nested"', '"Nested"', "is the English text; if that is right, add “es: Nested”"),
        ("ru", "nplurals=3;", "nplurals=4;", "should be nplurals=3;"),
        ("ru", "msgstr[2]", "msgstr[3]", "django.po"),
        ("ru", 'msgid "Nested"', "mgsid", "django.po"),
    ],
)  # fmt: skip
def test_a_fault_is_found(checkout, code, old, new, fault):
    edit(checkout, old, new, code)
    found = problems(checkout)
    assert all(line.startswith(f"{code}: ") for line in found)
    assert any(fault in line for line in found)


@pytest.mark.parametrize("code, form", [("es", 0), ("ar", 0), ("ar", 1), ("ar", 2)])
def test_a_form_for_one_number_may_spell_it_out(checkout, code, form):
    edit(checkout, f'msgstr[{form}] "«%(count)s hours"', f'msgstr[{form}] "«the hour"', code)
    assert problems(checkout) == []


@pytest.mark.parametrize("line", ["*: Nested", "fr, es: Nested"])
def test_what_is_the_same_in_both_languages_is_allowed_by_name(checkout, line):
    edit(checkout, '"«Nested"', '"Nested"')
    allowed = checkout / "locale/same_as_english.txt"
    allowed.write_text("# remark\nfr: Nested\n")
    assert len(problems(checkout)) == 1
    allowed.write_text(line + "\n")
    assert problems(checkout) == []


def test_text_without_words_may_be_the_same(checkout):
    (checkout / "offices/words.py").write_text('_("%(first)s – {second} <br> 24")')
    for path in ("patients/portal/templates/portal/note.txt", "templates/page.html"):
        (checkout / path).unlink()
    template = extract_messages(checkout)
    update_catalogues(template, checkout / "locale")
    for locale in LOCALES.values():
        (item,) = untranslated(template, checkout / "locale", locale)
        assert fill_catalogue(template, checkout / "locale", locale, [item | {"msgstr": item["msgid"]}]) == (1, [])
    assert problems(checkout) == []


def test_an_unreadable_catalogue_is_named_and_not_overwritten(checkout):
    edit(checkout, 'msgid "Nested"', "mgsid")
    before = catalogue_path(checkout / "locale", LOCALES["es"]).read_bytes()
    with pytest.raises(CatalogueError, match="django.po"):
        update_catalogues(extract_messages(checkout), checkout / "locale")
    assert catalogue_path(checkout / "locale", LOCALES["es"]).read_bytes() == before


def test_todo_lists_what_a_translator_needs(checkout):
    (checkout / "offices/new.py").write_text(
        '# Translators: of the week\nngettext("%(count)s day", "%(count)s days", 2)'
    )
    edit(checkout, "«Hello %(name)s", "«Hello")
    template = extract_messages(checkout)
    assert untranslated(template, checkout / "locale", LOCALES["es"]) == [
        {
            "msgid": "%(count)s day",
            "plural": "%(count)s days",
            "forms": ["1", "0, 2, 3..."],
            "files": ["offices/new.py"],
            "comment": "Translators: of the week",
            "faults": ["is not translated"],
            "msgstr": ["", ""],
        },
        {
            "msgid": "Hello %(name)s, we read   it.",
            "files": ["templates/page.html"],
            "faults": ["has other placeholders: %(name)s in English, none here"],
            "msgstr": "«Hello, we read   it.",
        },
    ]


def test_fill_writes_sound_translations(checkout):
    edit(checkout, 'msgid "May"', '#, fuzzy\nmsgid "May"', "fr")
    edit(checkout, 'msgctxt "month"\n#, fuzzy', '#, fuzzy\nmsgctxt "month"', "fr")
    assert fill(checkout, "fr", msgid="May", context="month", msgstr="Mai") == (1, [])
    assert read_catalogue(checkout / "locale", LOCALES["fr"]).get("May", "month").string == "Mai"
    assert problems(checkout) == []


@pytest.mark.parametrize(
    "item, reason",
    [
        ({"msgid": "Hello %(name)s, we read   it.", "msgstr": "Bonjour"}, "has other placeholders"),
        (
            {"msgid": "%(count)s hour", "plural": "%(count)s hours", "msgstr": ["%(count)s heure"]},
            "needs 2 plural forms",
        ),
        ({"msgid": "%(count)s hour", "plural": "%(count)s hours", "msgstr": "heures"}, "needs a list of texts"),
        ({"msgid": "Nested", "msgstr": ["Imbriqué"]}, "needs a text"),
        ({"msgid": "%(count)s hour", "plural": "%(count)s h", "msgstr": ["a", "b"]}, "is no message of the code"),
        ({"msgid": "May", "msgstr": "Mai"}, "is no message of the code"),
        ({"msgid": "Unheard of", "msgstr": "Inouï"}, "is no message of the code"),
        ({"msgid": "Nested", "msgstr": "Nested"}, "is the English text"),
    ],
)
def test_fill_refuses_faults_by_name(checkout, item, reason):
    before = catalogue_path(checkout / "locale", LOCALES["fr"]).read_bytes()
    written, (refusal,) = fill(checkout, "fr", **item)
    assert written == 0
    assert str(refusal).startswith(repr(item["msgid"])) and reason in str(refusal)
    assert catalogue_path(checkout / "locale", LOCALES["fr"]).read_bytes() == before


def test_fill_passes_over_what_is_still_empty(checkout):
    assert fill(checkout, "fr", msgid="Nested", msgstr="") == (0, [])
    assert fill(checkout, "fr", msgid="%(count)s hour", plural="%(count)s hours", msgstr=["", ""]) == (0, [])
    assert problems(checkout) == []


def test_the_command(checkout, settings, tmp_path):
    settings.BASE_DIR, settings.LOCALE_PATHS = checkout, [checkout / "locale"]
    assert run("extract") == "Updated: nothing, all is up to date.\n"
    assert run("compile") == f"Compiled: {', '.join(LOCALES)}.\n"
    assert run("check") == f"{len(MESSAGES)} messages, sound in 7 languages.\n"
    (checkout / "offices/new.py").write_text('_("New words")')
    with pytest.raises(CommandError, match="7 problems"):
        run("check")
    items = json.loads(run("todo", "id"))
    items[0]["msgstr"] = "Kata baru"
    worklist = tmp_path / "todo.json"
    worklist.write_text(json.dumps(items))
    assert run("fill", "id", str(worklist)) == "1 translations written.\n"
    with pytest.raises(CommandError, match="6 problems"):
        run("check")
    items[0]["msgstr"] = "New words"
    worklist.write_text(json.dumps(items))
    with pytest.raises(CommandError, match="1 translations refused"):
        run("fill", "id", str(worklist))
    with pytest.raises(CommandError, match="nowhere.json"):
        run("fill", "id", "nowhere.json")


def test_a_name_without_all_languages_is_listed(tmp_path):
    path = tmp_path / "directory.toml"
    names = "\n".join(f'name.{code.replace("-", "_")} = "Coeur"' for code in ["en", *LOCALES])
    path.write_text(f"[[specialty]]\n{names}\n")
    assert list(directory_problems(path)) == []
    path.write_text(
        f"[[specialty]]\n{names}\n".replace('name.ru = "Coeur"', 'name.ru = " "').replace("name.id", "x.id")
    )
    assert [str(problem) for problem in directory_problems(path)] == [
        "id: 'Coeur' (directory.toml) has no name in this language",
        "ru: 'Coeur' (directory.toml) has no name in this language",
    ]


def test_this_checkout_is_translated():
    run("check")


def test_this_checkouts_catalogues_are_as_extract_writes_them():
    """Sorted and without noise, so that two people's work merges."""
    for locale in LOCALES.values():
        path = catalogue_path(settings.LOCALE_PATHS[0], locale)
        text = path.read_text("utf-8")
        ids = [message.id[0] if message.pluralizable else message.id for message in read_po(io.StringIO(text))][1:]
        assert ids == sorted(ids)
        assert "Creation-Date" not in text


def run(*arguments):
    output = io.StringIO()
    call_command("messages", *arguments, stdout=output)
    return output.getvalue()
