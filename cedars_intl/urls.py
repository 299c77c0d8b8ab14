"""Every address of the site."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from cedars_intl import health
from patients.portal.views import Uploads
from patients.website.views import robots, sitemap

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/directory/exchange/", include("offices.exchange.urls")),
    path("admin/directory/languages/", include("offices.directory.urls")),
    path("robots.txt", robots, name="robots"),
    path("sitemap.xml", sitemap, name="sitemap"),
    path("admin/", admin.site.urls),
    path("uploads/", Uploads.as_view(), name="uploads"),
    path("uploads/<uuid:pk>/", Uploads.as_view(), name="upload"),
    path("oauth/", include("partners.api.oauth_urls")),
    path("api/", include("partners.api.urls")),
    *i18n_patterns(path("", include("patients.website.urls")), path("", include("patients.portal.urls"))),
]

handler403 = "cedars_intl.failures.permission_denied"
handler404 = "cedars_intl.failures.page_not_found"
