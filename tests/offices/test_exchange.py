"""Import and export of the directory: files and back, every fault by row and column, and all of it or nothing."""

import csv
import io
import json

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offices.directory.models import (
    Office,
    OfficeChannel,
    OfficeDay,
    OfficeHours,
    Physician,
    Programme,
    Region,
    ServiceLine,
    Specialty,
)
from offices.directory.roles import Role
from offices.exchange.files import MAX_BYTES, MAX_ROWS
from offices.exchange.services import (
    RowState,
    SourceFile,
    export_table,
    file_name,
    import_tables,
    read_changes,
    source_file,
)
from offices.exchange.tables import TABLES
from offices.outbox.models import Event
from tests.factories import OfficeFactory, PhysicianFactory, ProgrammeFactory, ServiceLineFactory, StaffFactory

pytestmark = pytest.mark.django_db
PAGE, WRITE = "/admin/directory/exchange/", "/admin/directory/exchange/write/"


@pytest.fixture
def directory():
    """A row at least in every table, with all that a file could spoil."""
    office = OfficeFactory(countries=["MX", "GT"], phone="+52 55 5550 1000", latitude="19.430", longitude="-99.1")
    Office.objects.filter(pk=office.pk).update(
        name_ind="Kantor", name_zh_hans="办事处", does_en='One, "two"\r\nThree;', address_en=" 1+1"
    )
    OfficeFactory(code="los-angeles", is_fallback=True)
    OfficeDay.objects.create(office=office, day="2026-12-24", name="Short day", opens_at="09:00", closes_at="12:30")
    OfficeDay.objects.create(office=office, day="2026-12-25")
    OfficeChannel.objects.create(office=office, kind="whatsapp", address="+525555501000")
    line = ServiceLineFactory()
    programme = ProgrammeFactory()
    Specialty.objects.filter(pk=programme.specialty_id).update(service_line=line)
    return office


def files(format="csv"):
    return [source_file(file_name(table, format), export_table(table, format)) for table in TABLES]


def sheet(table, *rows, header=None):
    """A CSV of rows given as dicts; columns are those of the first."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header or list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return SourceFile(f"{table}.csv", text.getvalue().encode(), table, "csv")


def raw(content, table="regions", format="csv"):
    return SourceFile(
        file_name(table, format), content if isinstance(content, bytes) else content.encode(), table, format
    )


def faults(*sources):
    return [(problem.row, problem.column) for problem in read_changes(list(sources)).problems]


NEW_REGION = {"code": "africa", "name_en": "Africa", "name_id": "Afrika", "position": "3"}


@pytest.mark.parametrize("format", ["csv", "json"])
@pytest.mark.parametrize("language", ["en", "ru", "ar"])
def test_what_is_exported_comes_back_without_a_change(format, language, directory):
    with translation.override(language):
        report = read_changes(files(format))
    assert report.problems == []
    assert [len(file.rows) for file in report.files] == [
        TABLES[table].table_model().objects.count() for table in TABLES
    ]
    assert {row.state for file in report.files for row in file.rows} == {RowState.UNCHANGED}


@pytest.mark.parametrize("format", ["csv", "json"])
def test_an_empty_directory_is_filled_from_the_files_in_whatever_order(format, directory):
    sources = files(format)
    for model in (Programme, Specialty, ServiceLine, Physician, Office, Region):
        model.objects.all().delete()
    report = import_tables(sources[::-1], dry_run=False, actor=None)
    assert report.problems == [] and report.is_written
    assert files(format) == sources


def test_a_file_has_the_columns_that_readers_expect(directory):
    content = export_table("offices", "csv")
    assert content.startswith(b"\xef\xbb\xbf")
    rows = {row["code"]: row for row in csv.DictReader(io.StringIO(content.decode("utf-8-sig")))}
    row = rows["mexico-city"]
    assert {f"name_{code}" for code in ("en", "es", "ar", "zh_hans", "fr", "id", "pt_br", "ru")} <= row.keys()
    assert "name_ind" not in row and "name" not in row and "id" not in row
    assert (row["languages"], row["region"], row["name_id"]) == ("es|en", "latin-america", "Kantor")
    assert row["phone"] == "+52 55 5550 1000" and row["is_fallback"] == "false"
    office = [row for row in json.loads(export_table("offices", "json")) if row["code"] == "mexico-city"][0]
    assert office["languages"] == ["es", "en"] and office["latitude"] == 19.43 and office["is_fallback"] is False


def test_a_formula_loses_its_sign_in_csv_alone():
    Region.objects.create(code="x", name_en="=1+1")
    assert ",1+1," in export_table("regions", "csv").decode()
    assert json.loads(export_table("regions", "json"))[0]["name_en"] == "=1+1"


def test_a_dry_run_shows_the_old_and_the_new_and_writes_nothing(directory):
    before = files()
    region = {"code": "latin-america", "name_en": "South", "name_id": "Selatan", "position": "0"}
    report = read_changes([sheet("regions", region, NEW_REGION)])
    changed, new = report.files[0].rows
    assert (changed.number, changed.state, changed.key) == (2, RowState.CHANGED, "latin-america")
    assert changed.changes == (("name_en", "Latin America", "South"), ("name_id", "", "Selatan"))
    assert (new.number, new.state) == (3, RowState.NEW) and ("code", None, "africa") in new.changes
    assert files() == before and not report.is_written and not Event.objects.filter(name="directory.changed").exists()


def test_what_is_written_is_announced_once_and_stands_in_the_history(superuser):
    report = import_tables([sheet("regions", NEW_REGION)], dry_run=False, actor=superuser)
    assert report.is_written and Region.objects.get(code="africa").name_ind == "Afrika"
    assert Event.objects.filter(name="directory.changed").count() == 1
    assert LogEntry.objects.get().user == superuser
    assert not import_tables([sheet("regions", NEW_REGION)], dry_run=False, actor=superuser).has_differences
    assert Event.objects.filter(name="directory.changed").count() == 1


def test_rows_that_are_absent_and_columns_that_are_absent_stay(directory):
    import_tables([sheet("offices", {"code": "mexico-city", "name_fr": "Bureau"})], dry_run=False, actor=None)
    office = Office.objects.get(code="mexico-city")
    assert (office.name_fr, office.name_ind, office.phone) == ("Bureau", "Kantor", "+52 55 5550 1000")
    assert Office.objects.count() == 2


def test_one_wrong_row_and_nothing_is_written(directory):
    hours = {"office": "mexico-city", "weekday": "9", "opens_at": "09:00", "closes_at": "10:00"}
    report = import_tables([sheet("regions", NEW_REGION), sheet("office_hours", hours)], dry_run=False, actor=None)
    assert not report.is_written and not Region.objects.filter(code="africa").exists()
    assert [(problem.file, problem.row, problem.column) for problem in report.problems] == [
        ("office_hours.csv", 2, "weekday")
    ]


OFFICE = {"code": "mexico-city"}
HOURS = {"office": "mexico-city", "weekday": "1", "opens_at": "20:00", "closes_at": "21:00"}


@pytest.mark.parametrize(
    ("table", "row", "column"),
    [
        ("regions", {"code": "africa", "name_ru": "Африка"}, "name_en"),
        ("regions", {"code": "latin-america", "name_en": ""}, "name_en"),
        ("regions", {"code": "not a code", "name_en": "X"}, "code"),
        ("regions", {"code": "", "name_en": "X"}, "code"),
        ("regions", {"code": "latin-america", "position": "1.5"}, "position"),
        ("regions", {"code": "latin-america", "position": "-1"}, "position"),
        ("regions", {"code": "latin-america", "position": "9" * 5000}, "position"),
        ("regions", {"code": "latin-america", "position": ""}, "position"),
        ("regions", {"code": "latin-america", "name_ar": "x" * 121}, "name_ar"),
        ("regions", {"code": "latin-america", "name_ar": "x\x00"}, "name_ar"),
        ("offices", OFFICE | {"region": "atlantis"}, "region"),
        ("offices", OFFICE | {"region": ""}, "region"),
        ("offices", OFFICE | {"time_zone": "Mars/Olympus"}, "time_zone"),
        ("offices", OFFICE | {"languages": "en|klingon"}, "languages"),
        ("offices", OFFICE | {"latitude": "1e999999"}, "latitude"),
        ("offices", OFFICE | {"latitude": "19,4"}, "latitude"),
        ("offices", OFFICE | {"latitude": ""}, ""),
        ("offices", OFFICE | {"email": "nobody"}, "email"),
        ("offices", OFFICE | {"is_fallback": "maybe"}, "is_fallback"),
        ("offices", OFFICE | {"holiday_country": "mx"}, "holiday_country"),
        ("office_hours", HOURS | {"closes_at": "nine"}, "closes_at"),
        ("office_hours", HOURS | {"closes_at": "19:00"}, ""),
        ("office_hours", HOURS | {"opens_at": "10:00"}, ""),
        ("office_days", {"office": "mexico-city", "day": "24/12/2026"}, "day"),
        ("office_days", {"office": "mexico-city", "day": "2026-12-31", "opens_at": "09:00", "closes_at": "08:00"}, ""),
        ("office_channels", {"office": "mexico-city", "kind": "pigeon", "address": "x"}, "kind"),
        ("office_countries", {"office": "mexico-city", "country": "XX"}, "country"),
        ("specialties", {"code": "cardiology", "lead": ""}, ""),
        ("specialties", {"code": "cardiology", "lead": "gone"}, "lead"),
        ("programmes", {"code": "new", "name_en": "New"}, "specialty"),
    ],
)
def test_a_wrong_cell_is_named_by_row_and_column(table, row, column, directory):
    PhysicianFactory(code="gone", is_active=False)
    report = read_changes([sheet(table, row)])
    assert [(problem.file, problem.row, problem.column) for problem in report.problems] == [(f"{table}.csv", 2, column)]
    assert all(problem.text for problem in report.problems)


def test_faults_are_told_in_the_readers_language(directory):
    with translation.override("es"):
        problem = read_changes([sheet("regions", {"code": "latin-america", "position": "x"})]).problems[0]
    assert "entero" in problem.text


@pytest.mark.parametrize(
    ("content", "format", "expected"),
    [
        ("", "csv", [(0, "")]),
        ("\n\n", "csv", [(0, "")]),
        (b"code,name_en\nx,\xff", "csv", [(0, "")]),
        ("code,name_en\nx,X".encode("utf-16"), "csv", [(0, "")]),
        ('code,name_en\nx,"X', "csv", [(0, "")]),
        ("code,name_en,name\nx,X,X", "csv", [(0, "name")]),
        ("name_en,colour\nX,red", "csv", [(0, "colour"), (0, "code")]),
        ("code,code\nx,x", "csv", [(0, "code")]),
        ("code,name_en\n\nx\ny,Y,Z", "csv", [(3, ""), (4, "")]),
        ("code,name_en\nx,X\ny,Y\nx,Z", "csv", [(4, "")]),
        ("code,name_en\n" + "x,X\n" * (MAX_ROWS + 1), "csv", [(0, "")]),
        ("x" * (MAX_BYTES + 1), "csv", [(0, "")]),
        ("[", "json", [(0, "")]),
        ("[" * 100_000, "json", [(0, "")]),
        ("{}", "json", [(0, "")]),
        ("[1]", "json", [(1, "")]),
        ('[{"code": "x", "code": "y"}]', "json", [(0, "")]),
        ('[{"code": "\\ud800", "name_en": "X"}]', "json", [(0, "")]),
        ('[{"code": "x", "name_en": "X"}, {"code": "y"}]', "json", [(2, "name_en")]),
        ('[{"code": "x", "name_en": ["X"]}]', "json", [(1, "name_en")]),
        ('[{"code": "x", "name_en": "X", "position": Infinity}]', "json", [(1, "position")]),
    ],
)
def test_a_broken_file_is_refused_with_a_sentence(content, format, expected):
    assert faults(raw(content, format=format)) == expected


def test_the_keys_of_an_object_may_stand_in_any_order():
    text = '[{"code": "a", "name_en": "A"}, {"name_en": "B", "code": "b"}]'
    assert import_tables([raw(text, format="json")], dry_run=False, actor=None).is_written
    assert Region.objects.get(code="b").name_en == "B"


def test_semicolons_are_read_as_excel_writes_them():
    assert import_tables([raw("\ufeffcode;name_en\r\nx;One, two\r\n")], dry_run=False, actor=None).is_written
    assert Region.objects.get().name_en == "One, two"


def test_which_office_takes_the_rest_can_pass_to_another(directory):
    rows = [{"code": "mexico-city", "is_fallback": "TRUE"}, {"code": "los-angeles", "is_fallback": "FALSE"}]
    report = import_tables([sheet("offices", *rows)], dry_run=False, actor=None)
    assert report.problems == [] and [row.number for row in report.files[0].rows] == [2, 3]
    assert Office.objects.get(is_fallback=True).code == "mexico-city"


CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.text(max_size=3), max_size=3),
    st.sampled_from(["mexico-city", "latin-america", "cardiology", "1", "09:00", "10:00", "2026-01-01", "MX", "en|es", "true"]),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_file_breaks_the_reading(data, directory):
    table = data.draw(st.sampled_from(list(TABLES)))
    columns = data.draw(st.lists(st.sampled_from([*TABLES[table]().columns, "x"]), min_size=1, unique=True))
    columns = list(dict.fromkeys(TABLES[table]().columns[:3] + columns)) if data.draw(st.booleans()) else columns
    rows = data.draw(st.lists(st.lists(CELLS, min_size=len(columns), max_size=len(columns)), max_size=3))
    objects = [dict(zip(columns, row, strict=True)) for row in rows]
    read_changes([raw(json.dumps(objects), table, "json")])
    text = "\n".join(",".join(str(cell) for cell in row) for row in [columns, *rows])
    read_changes([raw(text.encode(errors="surrogatepass"), table)])
    read_changes([raw(data.draw(st.binary(max_size=60)), table, data.draw(st.sampled_from(["csv", "json"])))])


# The page


@pytest.fixture
def manager(directory):
    return StaffFactory(email="director@example.org", roles=[Role.PROGRAMME_DIRECTOR])


@pytest.fixture
def desk(manager, sign_in):
    return sign_in(manager)


def upload(client, content, table="regions", name="regions.csv"):
    content = content if isinstance(content, bytes) else content.encode()
    return client.post(PAGE, {"table": table, "file": SimpleUploadedFile(name, content)})


def test_the_page_gives_each_table_in_each_format(desk):
    for table in TABLES:
        for format in ("csv", "json"):
            answer = desk.get(f"{PAGE}download/", {"table": table, "format": format})
            assert answer.content == export_table(table, format)
            assert answer["Content-Disposition"] == f'attachment; filename="{table}.{format}"'
    assert desk.get(f"{PAGE}download/", {"table": "users", "format": "csv"}).status_code == 422


def test_only_managers_of_the_directory_come_here(coordinator, sign_in):
    client = sign_in(coordinator)
    assert client.get(PAGE).status_code == 403
    assert client.get(f"{PAGE}download/?table=regions&format=csv").status_code == 403
    assert upload(client, "code\nx").status_code == 403
    assert client.post(WRITE, {"token": "x"}).status_code == 403


def test_what_the_page_showed_is_what_is_written(desk, manager):
    answer = upload(desk, "code,name_en\nlatin-america,<b>South</b>\n")
    assert answer.status_code == 200 and "<del>Latin America</del>" in answer.text
    assert "&lt;b&gt;South&lt;/b&gt;" in answer.text
    assert Region.objects.get().name_en == "Latin America"
    answer = desk.post(WRITE, {"token": answer.context["token"]}, follow=True)
    assert "1 row is written." in answer.text and Region.objects.get().name_en == "<b>South</b>"


def test_a_file_whose_table_has_changed_since_is_shown_anew(desk):
    token = upload(desk, "code,name_en\nlatin-america,South\n").context["token"]
    Region.objects.update(name_en="Middle")
    answer = desk.post(WRITE, {"token": token})
    assert answer.status_code == 409 and "<del>Middle</del>" in answer.text
    assert Region.objects.get().name_en == "Middle"
    desk.post(WRITE, {"token": answer.context["token"]})
    assert Region.objects.get().name_en == "South"


def test_nobody_writes_what_another_has_uploaded(desk, superuser, sign_in):
    token = upload(desk, "code,name_en\nlatin-america,South\n").context["token"]
    answer = sign_in(superuser).post(WRITE, {"token": token}, follow=True)
    assert "Upload it once more" in answer.text and Region.objects.get().name_en == "Latin America"


@pytest.mark.parametrize(
    ("content", "name", "told"),
    [
        ("x" * (MAX_BYTES + 1), "regions.csv", "larger than 2 MB"),
        (b"\xff\xfe", "regions.csv", "not in UTF-8"),
        ("[", "regions.json", "not a whole JSON file"),
        ("x", "regions.xlsx", "must end in .csv or .json"),
        ("code,name_en\nlatin-america,", "regions.csv", "cannot be blank"),
        ("", "regions.csv", "The file is empty"),
    ],
)
def test_a_file_that_cannot_be_taken_is_answered_by_a_sentence(content, name, told, desk):
    answer = upload(desk, content, name=name)
    assert answer.status_code == 422 and told in answer.text
    assert 'name="token"' not in answer.text


# The command


def test_the_command_writes_files_and_reads_them(directory, tmp_path, capsys):
    call_command("directory", "export", tmp_path, "--format", "json", "--table", "regions")
    assert [path.name for path in tmp_path.iterdir()] == ["regions.json"]
    call_command("directory", "export", tmp_path / "all")
    call_command("directory", "import", tmp_path / "all")
    assert "Nothing was written." in capsys.readouterr().out
    file = tmp_path / "regions.csv"
    file.write_text("code,name_en\nlatin-america,South\n")
    call_command("directory", "import", file, "--dry-run")
    told = capsys.readouterr().out
    assert "name_en: 'Latin America' → 'South'" in told and told.endswith("Nothing was written.\n")
    assert Region.objects.get().name_en == "Latin America"
    call_command("directory", "import", file)
    assert capsys.readouterr().out.endswith("Written.\n") and Region.objects.get().name_en == "South"


@pytest.mark.parametrize("name", ["regions.csv", "planets.csv", "regions.txt", "nothing"])
def test_the_command_fails_on_what_it_cannot_take(name, tmp_path, capsys):
    if name != "nothing":
        (tmp_path / name).write_text("code,name_en\nx,X\ny,\n")
    with pytest.raises(CommandError, match="(?i)nothing was written"):
        call_command("directory", "import", tmp_path / name)
    if name == "regions.csv":
        assert "regions.csv, row 3, column name_en: " in capsys.readouterr().out
    assert not Region.objects.exists()


def test_the_command_takes_one_file_of_a_table(directory, tmp_path):
    for format in ("csv", "json"):
        call_command("directory", "export", tmp_path, "--format", format, "--table", "regions")
    with pytest.raises(CommandError, match="more than one file of regions"):
        call_command("directory", "import", tmp_path)


def test_overlapping_hours_of_one_file_are_refused(directory):
    rows = [HOURS, HOURS | {"opens_at": "20:30", "closes_at": "22:00"}]
    assert faults(sheet("office_hours", *rows)) == [(3, "")]
    assert OfficeHours.objects.filter(opens_at="20:00").count() == 0
