import pytest
from cedars_intl.demo import telling
from cedars_intl.demo.loader import load_directory, load_people
from cedars_intl.demo.stories import all_stories
from offices.outbox.models import Delivery
from offices.outbox.services import make_delivery
from offices.directory.models import User
from patients.cases.models import Case
from tests.cast import let_in
from django.test import Client

@pytest.mark.django_db(transaction=True)
def test_shots(open_page, site, monkeypatch):
    stories = [s for s in all_stories() if s.documents and s.email.startswith(("maria","familia"))]
    monkeypatch.setattr(telling, "all_stories", lambda: stories)
    load_directory(); load_people(); list(telling.load_stories())
    while due := Delivery.objects.due().filter(event__name__in=["document.received","document.step","series.grew"]):
        for pk in list(due.values_list("pk", flat=True)): assert make_delivery(pk)
    for where, width in (("maria@example.org",1280),("familia.sandoval@example.org",390)):
        case = Case.objects.get(account__email=where)
        client = Client(); let_in(client, User.objects.get(email="director@example.org"))
        page = open_page(width=width, height=900)
        page.context.add_cookies([{"name":"sessionid","value":client.cookies["sessionid"].value,"url":site}])
        page.goto(f"/admin/cases/case/{case.pk}/change/")
        for one in page.locator(".desk-document details").all(): one.evaluate("e => e.open = true")
        page.wait_for_timeout(500)
        page.screenshot(path=f"/tmp/shots_d/{where.split('@')[0]}.png", full_page=True)
        print(page.evaluate("document.documentElement.scrollWidth"))
