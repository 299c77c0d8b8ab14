from django.urls import path, re_path
from django.views.generic import RedirectView

from partners.api.views import DocsView, NothingHereView, ReferralListView, ReferralView, SchemaView, ServiceListView

app_name = "api"
urlpatterns = [
    path("", RedirectView.as_view(pattern_name="api:docs"), name="root"),
    path("docs/", DocsView.as_view(), name="docs"),
    path("schema/", SchemaView.as_view(), name="schema"),
    path("v1/services/", ServiceListView.as_view(), name="services"),
    path("v1/referrals/", ReferralListView.as_view(), name="referrals"),
    path("v1/referrals/<uuid:referral_id>/", ReferralView.as_view(), name="referral"),
    re_path("", NothingHereView.as_view(), name="nothing"),
]
