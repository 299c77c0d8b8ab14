from modeltranslation.translator import TranslationOptions, register

from offices.directory.models import Office, OfficeDay, Physician, Programme, Region, ServiceLine, Specialty


@register([Region, OfficeDay])
class NameTranslation(TranslationOptions):
    fields = ("name",)


@register(Office)
class OfficeTranslation(TranslationOptions):
    fields = ("name", "city", "address", "does", "does_not")


@register([ServiceLine, Specialty, Programme])
class ServiceTranslation(TranslationOptions):
    fields = ("name", "summary")


@register(Physician)
class PhysicianTranslation(TranslationOptions):
    fields = ("title",)
