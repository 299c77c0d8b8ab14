"""For search engines: which pages there are, and which are none of theirs."""

from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.sitemaps import Sitemap
from django.contrib.sitemaps.views import sitemap as render_sitemap
from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from offices.directory.models import Office, Specialty

PAGES = (
    "website:home", "website:how_it_works", "website:services", "website:offices", "website:for_partners",
    "website:help", "website:privacy", "portal:request",
)  # fmt: skip
PRIVATE = (
    "/admin/",
    "/api/",
    "/oauth/",
)


class PublicPages(Sitemap):
    """Every public page in every language, each naming the others."""

    i18n = alternates = x_default = True

    def items(self):
        pages = [(view, ()) for view in PAGES]
        pages += [("website:specialty", (code,)) for code in Specialty.objects.offered().values_list("code", flat=True)]
        return pages + [("website:office", (code,)) for code in Office.objects.values_list("code", flat=True)]

    def location(self, item):
        view, args = item
        return reverse(view, args=args)

    def get_domain(self, site=None):
        return urlsplit(settings.SITE_URL).netloc

    def get_protocol(self, protocol=None):
        return urlsplit(settings.SITE_URL).scheme


@require_safe
def sitemap(request):
    return render_sitemap(request, {"pages": PublicPages()})


@require_safe
def robots(request):
    lines = [
        "User-agent: *",
        *(f"Disallow: {path}" for path in PRIVATE),
        "",
        f"Sitemap: {settings.SITE_URL}/sitemap.xml",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
