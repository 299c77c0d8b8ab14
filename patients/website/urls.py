from django.urls import path

from patients.website import views

app_name = "website"
urlpatterns = [
    path("", views.home, name="home"),
    path("how-it-works/", views.how_it_works, name="how_it_works"),
    path("services/", views.services, name="services"),
    path("services/<slug:code>/", views.specialty, name="specialty"),
    path("offices/", views.offices, name="offices"),
    path("offices/<slug:code>/", views.office, name="office"),
    path("for-partners/", views.for_partners, name="for_partners"),
    path("help/", views.help_page, name="help"),
    path("privacy/", views.privacy, name="privacy"),
    path("search/", views.search, name="search"),
]
