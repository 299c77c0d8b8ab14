"""Pages of the team's desk, under /admin/directory/exchange/."""

from django.contrib import admin
from django.urls import path

from offices.exchange import views

app_name = "exchange"
urlpatterns = [
    path("", admin.site.admin_view(views.exchange_page), name="page"),
    path("download/", admin.site.admin_view(views.download), name="download"),
    path("write/", admin.site.admin_view(views.write), name="write"),
]
