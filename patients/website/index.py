"""What the search is to find: the catalogue, the people who answer for it, the offices, and the words of the pages."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch
from django.test.client import RequestFactory
from django.urls import reverse
from django.utils.translation import gettext as _

from offices.directory.models import Office, Programme, Specialty
from offices.kit.countries import country_name
from offices.kit.languages import language_name
from patients.website import views
from patients.website.models import Kind

PAGES: dict[str, Callable] = {
    "how_it_works": views.how_it_works,
    "for_partners": views.for_partners,
    "help": views.help_page,
    "privacy": views.privacy,
}


@dataclass(frozen=True)
class Found:
    kind: Kind
    key: str
    title: str
    text: str
    address: str


class MainText(HTMLParser):
    """The words of a page's <main>, without its heading and what is marked with `data-unsearched`."""

    EMPTY = frozenset({"br", "hr", "img", "input", "link", "meta", "path", "circle", "wbr"})

    def __init__(self):
        super().__init__()
        self.parts, self.open, self.skipped = [], [], 0

    def handle_starttag(self, tag, attributes):
        if tag in self.EMPTY:
            return
        is_skipped = tag in ("h1", "form", "script", "svg") or "data-unsearched" in dict(attributes)
        self.open.append((tag, is_skipped))
        self.skipped += is_skipped

    def handle_endtag(self, tag):
        while self.open and any(name == tag for name, _ in self.open):
            name, is_skipped = self.open.pop()
            self.skipped -= is_skipped
            if name == tag:
                return

    def handle_data(self, data):
        if not self.skipped and any(name == "main" for name, _ in self.open):
            self.parts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.parts).split())


def read_page(view: Callable, path: str) -> str:
    """The words of a public page as a stranger sees it in the active language."""
    site = urlsplit(settings.SITE_URL)
    request = RequestFactory(headers={"host": site.netloc}).get(path, secure=site.scheme == "https")
    request.user = AnonymousUser()
    reader = MainText()
    reader.feed(view(request).content.decode())
    return reader.text


def load_catalogue() -> tuple[list[Specialty], list[Office]]:
    """Read once for all languages; their texts speak the active one."""
    programmes = Programme.objects.offered().select_related("lead")
    specialties = Specialty.objects.offered().select_related("lead", "service_line")
    return (
        list(specialties.prefetch_related(Prefetch("programmes", programmes))),
        list(Office.objects.select_related("region").prefetch_related("countries")),
    )


def everything(specialties: list[Specialty], offices: list[Office]) -> Iterator[Found]:
    """All that is to be found, in the active language."""
    leads = defaultdict(list)
    for specialty in specialties:
        address = f"services/{specialty.code}/"
        leads[specialty.lead].append(specialty)
        line = specialty.service_line.name if specialty.service_line else ""
        inner = [programme.name for programme in specialty.programmes.all()]
        text = _joined([specialty.summary, line, *inner])
        yield Found(Kind.SPECIALTY, specialty.code, specialty.name, text, address)
        for programme in specialty.programmes.all():
            leads[programme.lead].append(programme)
            text = _joined([programme.summary, specialty.name, programme.lead.name])
            yield Found(Kind.PROGRAMME, programme.code, programme.name, text, f"{address}#{programme.code}")
    for lead, services in leads.items():
        first = services[0] if isinstance(services[0], Specialty) else services[0].specialty
        text = _joined([lead.title, *(service.name for service in services)])
        yield Found(Kind.PHYSICIAN, lead.code, lead.name, text, f"services/{first.code}/")
    for office in offices:
        countries = [country_name(served.country.code) for served in office.countries.all()]
        spoken = [language_name(code) for code in office.languages]
        text = _joined([office.city, office.region.name, office.address, *spoken, *countries])
        yield Found(Kind.OFFICE, office.code, office.name, text, f"offices/{office.code}/")
    yield from pages()


def pages() -> Iterator[Found]:
    for name, view in PAGES.items():
        path = reverse(f"website:{name}")
        yield Found(Kind.PAGE, name, _page_title(name), read_page(view, path), path.split("/", 2)[2])
    asking = _("Tell us who needs care and how we reach you. You may write for yourself or for someone you love.")
    yield Found(Kind.PAGE, "request", _("Ask for care"), asking, reverse("portal:request").split("/", 2)[2])


def _page_title(name: str) -> str:
    return {
        "how_it_works": _("How it works"),
        "for_partners": _("For hospitals and universities"),
        "help": _("Help in your language"),
        "privacy": _("Your privacy"),
    }[name]


def _joined(parts) -> str:
    return " · ".join(" ".join(part.split()) for part in parts if part)
