"""Pages of the team's desk, under /admin/directory/languages/."""

from django.contrib import admin
from django.urls import path

from offices.directory import views

app_name = "directory"
urlpatterns = [path("", admin.site.admin_view(views.languages_page), name="languages")]
