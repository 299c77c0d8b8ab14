"""The desk's pages of patients and of possible duplicates, and who gets what."""

import pytest
from django.template.loader import render_to_string

from offices.directory.roles import Role
from offices.notifications.models import Notification
from partners.referrals.models import Referral
from patients.cases.people import people_context
from patients.intake.matching import decide_match
from patients.intake.models import MatchState, Patient, PatientMatch, Relation
from tests.factories import StaffFactory, make_case, refer

pytestmark = pytest.mark.django_db
PATIENTS, MATCHES, QUEUE = "/admin/intake/patient/", "/admin/intake/patientmatch/", "/admin/cases/case/"


@pytest.fixture
def twice(case):
    """A second case of the same person at the same office, under another address."""
    return make_case(email="maria2@example.org", given_names="Maria", family_name="Nunez")


@pytest.fixture
def match(twice):
    return PatientMatch.objects.get(second=twice.patient)


@pytest.fixture
def elsewhere(case):
    """The same person once more, at the Abu Dhabi office."""
    return make_case(email="maria3@example.org", given_names="Maria", family_name="Nunez", country="AE")


@pytest.fixture
def director(offices):
    return StaffFactory(email="director@example.org", office=offices["los-angeles"], roles=[Role.PROGRAMME_DIRECTOR])


@pytest.fixture
def finance(offices):
    """Reads cases, and does not move them."""
    office = offices["mexico-city"]
    return StaffFactory(email="finance@example.org", office=office, roles=[Role.FINANCIAL_COORDINATOR])


def page_of(row):
    base = MATCHES if isinstance(row, PatientMatch) else PATIENTS
    return f"{base}{row.pk}/change/"


def names_in(client, address, **query):
    return {row.pk for row in client.get(address, query).context["cl"].result_list}


def test_the_list_holds_the_patients_of_the_cases_that_are_seen(case, other_case, coordinator, sign_in):
    client = sign_in(coordinator)
    assert names_in(client, PATIENTS) == {case.patient_id}
    assert client.get(page_of(other_case.patient)).status_code == 404
    assert client.get(page_of(case.patient)).status_code == 200


@pytest.mark.parametrize(
    "typed", ["Nuñez", "Мария", "nunez maria", "maria@example.org", "+52 (555) 501-0123", "1980-05-17"]
)
def test_patients_are_searched_in_any_script(typed, case, other_case, superuser, sign_in):
    found = names_in(sign_in(superuser), PATIENTS, q=typed)
    # Both were born on one day, and have one phone number.
    are_both = not any(letter.isalpha() for letter in typed)
    assert found == ({case.patient_id, other_case.patient_id} if are_both else {case.patient_id})


def test_the_list_marks_and_filters_possible_duplicates(case, match, superuser, other_case, sign_in):
    client = sign_in(superuser)
    assert client.get(PATIENTS).text.count("Possible duplicate") >= 2
    assert names_in(client, PATIENTS, duplicate="yes") == {match.first_id, match.second_id}
    assert names_in(client, PATIENTS, duplicate="no") == {other_case.patient_id}


@pytest.mark.parametrize("typed", ["{reference}", "{short}", "{number}", "Nuñez", "Марія Nunes"])
def test_the_queue_is_searched_by_reference_and_name(typed, case, superuser, sign_in):
    _prefix, year, number = case.reference.split("-")
    text = typed.format(reference=case.reference, short=f"{year}-{int(number)}", number=int(number))
    assert case.pk in names_in(sign_in(superuser), QUEUE, q=text)


@pytest.mark.parametrize("typed", ["REF-77/b", "ref 77", "ref77", "hospital demo"])
def test_the_queue_is_searched_by_the_partners_reference_and_name(typed, case, institution, superuser, sign_in):
    refer(institution, partner_reference="REF-77/B", given_names="Kenji", family_name="Tanaka", email="")
    referred = Referral.objects.get().case
    assert names_in(sign_in(superuser), QUEUE, q=typed) == {referred.pk}


def test_the_queue_finds_what_was_never_indexed_by_its_reference(case, other_case, superuser, sign_in):
    Patient.objects.update(search=None)
    client = sign_in(superuser)
    assert names_in(client, QUEUE, q=case.reference.lower()) == {case.pk}
    assert not names_in(client, QUEUE, q="'; :*&|!")


def test_the_nearest_stands_first_in_a_searched_queue(offices, specialty, superuser, sign_in):
    sounding = make_case(email="a@example.org", given_names="Muhammad", family_name="Saleh")
    exact = make_case(email="b@example.org", given_names="Mohamed", family_name="Saleh")
    found = sign_in(superuser).get(QUEUE, {"q": "Mohamed"}).context["cl"].result_list
    assert [row.pk for row in found] == [exact.pk, sounding.pk]


def test_the_search_takes_no_more_queries_than_the_queue(case, superuser, sign_in, count_queries):
    client = sign_in(superuser)
    plain = count_queries(lambda: client.get(QUEUE))
    assert count_queries(lambda: client.get(QUEUE, {"q": "maria"})) <= plain + 1


def test_a_representative_is_added_and_ended_on_the_patients_page(case, coordinator, sign_in):
    client, base = sign_in(coordinator), f"{PATIENTS}{case.patient_id}/"
    form = {
        "representative-name": "Pablo", "representative-email": "pablo@example.org",
        "representative-relation": "parent", "representative-authority": "Birth certificate",
        "representative-language": "fr",
    }  # fmt: skip
    assert client.post(f"{base}represent/", form).url == page_of(case.patient)
    acting = case.patient.representatives.get(account__email="pablo@example.org")
    assert acting.relation == Relation.PARENT and "pablo@example.org" in client.get(page_of(case.patient)).text
    assert client.post(f"{base}representatives/{acting.pk}/end/").url == page_of(case.patient)
    acting.refresh_from_db()
    assert acting.ended_at


@pytest.mark.parametrize(
    "wrong",
    [{"email": "nobody"}, {"email": ""}, {"name": ""}, {"relation": "x"}, {"authority": " "}, {"language": "xx"},
     {"email": "lucia@example.org"}],
)  # fmt: skip
def test_a_representative_that_cannot_be_added_stays_on_the_page(wrong, case, coordinator, sign_in):
    form = {"name": "Pablo", "email": "p@example.org", "relation": "agent", "authority": "Letter", "language": "es"}
    sent = {f"representative-{name}": value for name, value in (form | wrong).items()}
    answer = sign_in(coordinator).post(f"{PATIENTS}{case.patient_id}/represent/", sent)
    assert answer.status_code == 422 and answer.context["representative_form"].errors
    assert case.patient.representatives.count() == 1
    assert not Notification.objects.filter(kind="representative_added").exists()


def identity(**changes):
    return {
        f"identity-{name}": value
        for name, value in ({
            "given_names": "Mariana", "family_name": "Núñez", "birth_date": "1980-05-17", "sex": "female",
            "residence_country": "MX", "native_name": "", "called": "", "nationality": "MX", "passport_number": "G1",
        } | changes).items()
    }  # fmt: skip


def test_the_identity_is_corrected_and_found(case, coordinator, sign_in):
    client = sign_in(coordinator)
    assert client.post(f"{PATIENTS}{case.patient_id}/correct/", identity()).url == page_of(case.patient)
    assert names_in(client, PATIENTS, q="Mariana G1") == {case.patient_id}


@pytest.mark.parametrize(
    "wrong", [{"given_names": " ", "family_name": ""}, {"birth_date": "2999-01-01"}, {"birth_date": "x"}, {"sex": "?"}]
)
def test_a_wrong_correction_stays_on_the_page(wrong, case, coordinator, sign_in):
    answer = sign_in(coordinator).post(f"{PATIENTS}{case.patient_id}/correct/", identity(**wrong))
    assert answer.status_code == 422 and answer.context["identity_form"].errors
    assert Patient.objects.get(pk=case.patient_id).given_names == "María"


def test_the_queue_of_pairs_holds_what_is_to_be_decided_the_likeliest_first(match, superuser, sign_in):
    third = make_case(email="m4@example.org", given_names="Maria", family_name="Nunes")
    client = sign_in(superuser)
    rows = client.get(MATCHES).context["cl"].result_list
    assert [row.score for row in rows] == sorted([row.score for row in rows], reverse=True) and len(rows) == 3
    decide_match(match=match, state=MatchState.DISMISSED, actor=superuser, note="Two cousins.")
    assert match.pk not in names_in(client, MATCHES) and third
    assert names_in(client, MATCHES, state="dismissed") == {match.pk}
    assert names_in(client, MATCHES, state="nonsense") == names_in(client, MATCHES)


def test_a_pair_is_shown_side_by_side_and_decided_and_undone(match, coordinator, sign_in):
    client = sign_in(coordinator)
    text = client.get(page_of(match)).text
    assert "María" in text and "The same birth date" in text and "maria2@example.org" in text
    decide, undo = (f"{MATCHES}{match.pk}/{act}/" for act in ("decide", "undo"))
    sent = {"state": "linked", "note": "Same passport.", "seen": "proposed"}
    assert client.post(decide, sent).url == page_of(match)
    match.refresh_from_db()
    assert (match.state, match.decided_by) == ("linked", coordinator)
    assert "Same passport." in client.get(page_of(match)).text
    assert "decided meanwhile" in client.post(decide, sent | {"state": "dismissed"}, follow=True).text
    client.post(undo, {"note": "Wrong.", "seen": "linked"})
    match.refresh_from_db()
    assert match.state == "proposed"


@pytest.mark.parametrize("wrong", [{"note": ""}, {"state": "proposed"}, {"state": "x"}, {"seen": ""}])
def test_a_decision_that_cannot_be_taken_stays_on_the_page(wrong, match, coordinator, sign_in):
    sent = {"state": "linked", "note": "Same passport.", "seen": "proposed"} | wrong
    assert sign_in(coordinator).post(f"{MATCHES}{match.pk}/decide/", sent).status_code == 422
    match.refresh_from_db()
    assert match.state == "proposed"


def test_a_decision_without_a_choice_decides_nothing(match, coordinator, sign_in):
    sign_in(coordinator).post(f"{MATCHES}{match.pk}/decide/", {"note": "x", "seen": "proposed"})
    match.refresh_from_db()
    assert match.state == "proposed"


def test_who_sees_one_of_a_pair_is_told_no_more_than_that_there_is_another(
    case, elsewhere, coordinator, other_coordinator, director, sign_in
):
    match = PatientMatch.objects.get()
    client = sign_in(coordinator)
    text = client.get(page_of(case.patient)).text
    assert "A possible duplicate is at another office" in text
    assert elsewhere.reference not in text and str(match.pk) not in text
    assert not names_in(client, MATCHES)
    assert client.get(page_of(match)).status_code == 404
    sent = {"state": "linked", "note": "x", "seen": "proposed"}
    assert client.post(f"{MATCHES}{match.pk}/decide/", sent).status_code == 404
    assert sign_in(director).post(f"{MATCHES}{match.pk}/decide/", sent).url == page_of(match)
    text = sign_in(coordinator).get(page_of(case.patient)).text
    assert "Another record of this person is at another office" in text and elsewhere.reference not in text


@pytest.mark.parametrize(
    "path",
    [
        "{patients}{patient}/represent/",
        "{patients}{patient}/correct/",
        "{patients}{patient}/representatives/{acting}/end/",
        "{matches}{match}/decide/",
        "{matches}{match}/undo/",
    ],
)
def test_acting_needs_the_duty_a_post_and_the_row(path, match, case, finance, other_coordinator, sign_in):
    address = path.format(
        patients=PATIENTS, matches=MATCHES, patient=case.patient_id, match=match.pk,
        acting=case.patient.representatives.get().pk,
    )  # fmt: skip
    client = sign_in(finance)
    assert client.post(address, {}).status_code == 403
    assert client.get(address).status_code == 405
    assert sign_in(other_coordinator).post(address, {}).status_code == 404


def test_who_only_reads_gets_no_forms(match, case, finance, sign_in):
    client = sign_in(finance)
    for row in (match, case.patient):
        assert f'action="/admin/intake/{row._meta.model_name}/' not in client.get(page_of(row)).text


def test_the_context_of_the_case_page_names_linked_cases(case, twice, match, coordinator):
    decide_match(match=match, state=MatchState.LINKED, actor=coordinator, note="Same.")
    context = people_context(case.patient, coordinator, case)
    assert context["their_cases"] == [twice] and context["linked"] == [twice.patient] and not context["possible"]


@pytest.mark.parametrize("address", [PATIENTS, f"{PATIENTS}?q=maria", MATCHES, f"{QUEUE}?q=maria"])
def test_lists_take_as_many_queries_for_many_rows(address, offices, specialty, superuser, sign_in, count_queries):
    client = sign_in(superuser)
    for number in range(3):
        make_case(email=f"few{number}@example.org")
    few = count_queries(lambda: client.get(address))
    for number in range(9):
        make_case(email=f"many{number}@example.org")
    assert count_queries(lambda: client.get(address)) == few


def test_the_panel_of_the_case_page_names_the_people(case, twice, elsewhere, match, coordinator, sign_in):
    decide_match(match=match, state=MatchState.LINKED, actor=coordinator, note="Same.")
    context = {**people_context(case.patient, coordinator, case), "time_zone": "UTC"}
    text = render_to_string("cases/people_panel.html", context)
    assert "maria@example.org" in text and twice.reference in text and page_of(case.patient) in text
    assert "A possible duplicate is at another office" in text and elsewhere.reference not in text
