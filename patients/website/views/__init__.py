"""The pages: `home`, `services`, `offices`, `texts`, `search`; `machines` for those who read without eyes."""

from patients.website.views.home import home
from patients.website.views.machines import robots, sitemap
from patients.website.views.offices import office, offices
from patients.website.views.search import search
from patients.website.views.services import services, specialty
from patients.website.views.texts import for_partners, help_page, how_it_works, privacy

__all__ = [
    "for_partners",
    "help_page",
    "home",
    "how_it_works",
    "office",
    "offices",
    "privacy",
    "robots",
    "search",
    "services",
    "sitemap",
    "specialty",
]
