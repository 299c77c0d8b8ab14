from django.apps import AppConfig


class KitConfig(AppConfig):
    name = "offices.kit"
    label = "kit"
