from modeltranslation.translator import TranslationOptions, register

from offices.directory.models import Office, Region, Specialty


@register([Region, Specialty])
class NameTranslation(TranslationOptions):
    fields = ("name",)


@register(Office)
class OfficeTranslation(TranslationOptions):
    fields = ("name", "city")
