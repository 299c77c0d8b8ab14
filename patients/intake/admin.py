from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget

from offices.directory.roles import Duty
from offices.kit.scoped_admin import ConfigurationAdmin
from offices.kit.templatetags.formats import country_name
from patients.intake.form.steps import QUESTIONS, STEPS
from patients.intake.models import QuestionRule


def _open_questions():
    """What may be asked or spared by country; what every request needs is always asked."""
    return [(code, _named(code)) for code, question in QUESTIONS.items() if not question.is_required]


def _named(code: str) -> str:
    """`A visa for the United States: The patient`, since a question may only be clear on its page."""
    step = next(step for step in STEPS.values() if any(question.code == code for question in step.questions))
    return f"{step.title}: {QUESTIONS[code].label}"


class QuestionRuleForm(forms.ModelForm):
    question = forms.ChoiceField(
        label=gettext_lazy("question"), choices=_open_questions, widget=UnfoldAdminSelectWidget
    )


@admin.register(QuestionRule)
class QuestionRuleAdmin(ConfigurationAdmin):
    """Which questions of the request people of a country are asked too, or are spared."""

    read_duty, change_duty = Duty.READ_DIRECTORY, Duty.MANAGE_DIRECTORY
    form = QuestionRuleForm
    list_display = ["shown_country", "shown_question", "action"]
    list_filter = ["action"]
    search_fields = ["country", "question"]
    actions = None

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)

    @display(description=gettext_lazy("country of residence"), ordering="country")
    def shown_country(self, rule):
        return country_name(rule.country)

    @display(description=gettext_lazy("question"), ordering="question")
    def shown_question(self, rule):
        return _named(rule.question) if rule.question in QUESTIONS else rule.question
