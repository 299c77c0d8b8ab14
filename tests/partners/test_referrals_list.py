"""Pages of one's referrals."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from partners.api.pagination import PAGE_SIZE
from partners.referrals.models import Referral
from patients.cases.services import advance_case
from tests.factories import refer
from tests.partners.systems import REFERRALS, assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def grow(institution, offices, specialty):
    """grow(to) -> refer until the institution has so many."""

    def grow(to):
        for number in range(Referral.objects.count(), to):
            refer(institution, partner_reference=f"MX-{number}")

    return grow


def references(page):
    return [row["partner_reference"] for row in page["results"]]


def walk(partner, page, direction):
    """The pages from `page` on, by its links."""
    pages = [page]
    while pages[-1][direction]:
        pages.append(partner.get(pages[-1][direction]).json())
    return pages


@pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (1, [1]), (20, [20]), (21, [20, 1]), (45, [20, 20, 5])])
def test_each_referral_is_seen_once_on_the_way_there_and_back(count, sizes, partner, grow):
    grow(count)
    newest_first = [f"MX-{number}" for number in reversed(range(count))]
    there = walk(partner, partner.get().json(), "next")
    assert [len(page["results"]) for page in there] == sizes
    assert sum(map(references, there), []) == newest_first
    back = walk(partner, there[-1], "previous")
    assert back[::-1] == there


def test_what_comes_while_one_walks_moves_no_page(partner, grow):
    grow(PAGE_SIZE * 2)
    first = partner.get().json()
    grow(PAGE_SIZE * 2 + 3)
    second = partner.get(first["next"]).json()
    assert references(second) == [f"MX-{number}" for number in reversed(range(PAGE_SIZE))]
    newer = walk(partner, second, "previous")[1:]
    assert sum(map(references, newer[::-1]), []) == [f"MX-{n}" for n in reversed(range(PAGE_SIZE, PAGE_SIZE * 2 + 3))]


@pytest.mark.parametrize(
    ("status", "found"), [("received", {"MX-0"}), ("in_progress", {"MX-1", "MX-2"}), ("completed", {"MX-3"})]
)
def test_the_list_is_filtered_by_status(status, found, partner, grow, coordinator):
    grow(4)
    for reference, stages in {"MX-1": ["records"], "MX-2": ["records", "clinical_review"], "MX-3": ["closed"]}.items():
        for stage in stages:
            case = Referral.objects.get(partner_reference=reference).case
            advance_case(case=case, to=stage, actor=coordinator)
    page = partner.get(status=status).json()
    assert set(references(page)) == found and {row["status"] for row in page["results"]} == {status}


def test_the_filter_stays_on_all_pages(partner, grow, coordinator):
    grow(PAGE_SIZE + 2)
    advance_case(case=Referral.objects.get(partner_reference="MX-0").case, to="closed", actor=coordinator)
    pages = walk(partner, partner.get(status="received").json(), "next")
    assert [len(page["results"]) for page in pages] == [PAGE_SIZE, 1]
    assert references(pages[-1]) == ["MX-1"]
    assert walk(partner, pages[-1], "previous")[::-1] == pages


def test_links_are_whole_addresses(partner, grow):
    grow(PAGE_SIZE + 1)
    assert partner.get().json()["next"].startswith(f"http://testserver{REFERRALS}?cursor=")


def test_a_cursor_opens_no_other_institutions_rows(partner, other_partner, grow):
    grow(PAGE_SIZE + 1)
    following = partner.get().json()["next"]
    assert other_partner.get(following).json()["results"] == []


@pytest.mark.parametrize(
    "cursor", ["nonsense", "!", "ñ", "%00", "bgGcsfMqQHwRnV5vDTwbe", "eAGcsfMqQHwRnV5vDTwbelI", "n" * 5000]
)
def test_a_cursor_that_we_did_not_give_is_refused(cursor, partner):
    assert_problem(partner.get(f"{REFERRALS}?cursor={cursor}"), "invalid_cursor")


@pytest.mark.parametrize(
    "query", ["status=closed", "status=received%00", "page=2", "Status=received", "status[]=received"]
)
def test_a_parameter_that_is_not_there_is_refused(query, partner):
    assert_problem(partner.get(f"{REFERRALS}?{query}"), "invalid_parameter")


@given(cursor=st.text(), status=st.text())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_parameter_breaks_the_list(cursor, status, partner):
    answer = partner.get(cursor=cursor, status=status)
    assert answer.status_code in (200, 400)


def test_the_list_takes_one_query_at_3_and_at_30(partner, grow, count_queries):
    grow(3)
    at_three = count_queries(partner.get)
    grow(30)
    assert count_queries(partner.get) == at_three == 1
