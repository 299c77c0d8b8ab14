"""Every address of the site."""

from django.conf.urls.i18n import i18n_patterns
from django.contrib import admin
from django.urls import include, path

from cedars_intl import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("admin/", admin.site.urls),
    path("oauth/", include("partners.api.oauth_urls")),
    path("api/", include("partners.api.urls")),
    *i18n_patterns(path("", include("patients.portal.urls"))),
]
