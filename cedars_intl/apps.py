from django.apps import AppConfig


class CedarsIntlConfig(AppConfig):
    name = "cedars_intl"
    verbose_name = "Cedars International"
