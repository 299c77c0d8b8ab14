"""What search engines read of a page: schema.org in JSON-LD."""

from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy

from offices.directory.models import Office, Specialty

NAME = "Cedars-Sinai International"


def _address(view: str, *args) -> str:
    return settings.SITE_URL + reverse(view, args=args)


def organization(offices: list[Office]) -> dict:
    """The department with its offices."""
    return {
        "@context": "https://schema.org",
        "@type": "MedicalOrganization",
        "name": NAME,
        "url": _address("website:home"),
        "logo": settings.SITE_URL + static("favicon.svg"),
        "parentOrganization": {"@type": "MedicalOrganization", "name": "Cedars-Sinai"},
        "department": [_office(office) for office in offices],
    }


def office_page(office: Office) -> list[dict]:
    trail = [("website:offices",), ("website:office", office.code)]
    return [{"@context": "https://schema.org", **_office(office)}, _trail(trail, office.city)]


def specialty_page(specialty: Specialty) -> list[dict]:
    page = {
        "@context": "https://schema.org",
        "@type": "MedicalWebPage",
        "name": specialty.name,
        "url": _address("website:specialty", specialty.code),
        "inLanguage": get_language(),
        "about": {"@type": "MedicalTherapy", "name": specialty.name},
        "publisher": {"@type": "MedicalOrganization", "name": NAME, "url": _address("website:home")},
    }
    trail = [("website:services",), ("website:specialty", specialty.code)]
    return [page, _trail(trail, specialty.name)]


def _office(office: Office) -> dict:
    point = {
        "@type": "ContactPoint",
        "contactType": "customer service",
        "email": office.email,
        "telephone": office.phone,
        "areaServed": [served.country.code for served in office.countries.all()],
        "availableLanguage": office.languages,
    }
    return {
        "@type": "MedicalOrganization",
        "name": office.name,
        "url": _address("website:office", office.code),
        "contactPoint": {name: value for name, value in point.items() if value},
    }


LISTS = {"website:services": gettext_lazy("Our services"), "website:offices": gettext_lazy("Our offices")}


def _trail(views: list[tuple], name: str) -> dict:
    """Breadcrumbs: the first page, the list, and the page itself, of which only the last has a name of its own."""
    (above, page) = views
    names = [
        (NAME, _address("website:home")),
        (str(LISTS[above[0]]), _address(*above)),
        (name, _address(*page)),
    ]
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": place, "name": name, "item": address}
            for place, (name, address) in enumerate(names, 1)
        ],
    }
