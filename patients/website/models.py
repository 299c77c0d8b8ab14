"""What the search of the website looks through."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Kind(models.TextChoices):
    PAGE = "page", _("Page")
    SPECIALTY = "specialty", _("Specialty")
    PROGRAMME = "programme", _("Programme")
    PHYSICIAN = "physician", _("Physician")
    OFFICE = "office", _("Office")


class SearchEntry(models.Model):
    """One page, or one thing of the catalogue, in one language. All are made anew by `services.rebuild_search`."""

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    key = models.CharField(_("key"), max_length=80)
    language = models.CharField(_("language"), max_length=12)
    title = models.CharField(_("title"), max_length=300)
    text = models.TextField(_("text"), blank=True)
    address = models.CharField(_("address"), max_length=200)  # behind the language: "services/cardiology/"
    vector = SearchVectorField(_("words"), editable=False)  # folded words, of the title with weight A

    class Meta:
        verbose_name, verbose_name_plural = _("search entry"), _("search entries")
        ordering = ["kind", "key", "language"]
        constraints = [models.UniqueConstraint(fields=["kind", "key", "language"], name="searchentry_once")]
        indexes = [GinIndex(fields=["vector"], name="searchentry_vector")]

    def __str__(self):
        return self.title
