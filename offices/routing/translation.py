from modeltranslation.translator import TranslationOptions, register

from offices.routing.models import Requirement


@register(Requirement)
class RequirementTranslation(TranslationOptions):
    fields = ("name", "text")
