from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class CedarsIntlConfig(AppConfig):
    name = "cedars_intl"
    verbose_name = "Cedars International"


class CedarsAdminConfig(AdminConfig):
    default_site = "cedars_intl.admin_site.CedarsAdminSite"
