from modeltranslation.translator import TranslationOptions, register

from patients.records.models import ReadinessRule


@register(ReadinessRule)
class ReadinessRuleTranslation(TranslationOptions):
    fields = ("name", "why")
