"""What a person is asked: the steps and questions that hold for the answers so far and the country."""

from collections.abc import Collection
from dataclasses import replace

from patients.intake.form.kinds import Answers, Kind, Section, Step
from patients.intake.form.steps import PAGES_OF_THEIR_OWN, QUESTIONS, SECTIONS
from patients.intake.models import QuestionRule


def rules_for(country: str) -> tuple[frozenset[str], frozenset[str]]:
    """(questions asked too, questions spared) of people who live in `country`."""
    rows = QuestionRule.objects.filter(country=country).values_list("question", "action") if country else ()
    asked = frozenset(question for question, action in rows if action == QuestionRule.Action.ASK)
    spared = frozenset(question for question, action in rows if action == QuestionRule.Action.SKIP)
    return asked, spared


class AskedForm:
    """The form as one person meets it. `with_programmes` are the specialties that have programmes to choose from."""

    def __init__(self, answers: Answers, with_programmes: Collection[str] = ()):
        self.answers = answers
        self.with_programmes = with_programmes
        self._asked, self._spared = rules_for(answers.get("residence_country", ""))
        self.sections = [section for section in map(self._of_section, SECTIONS) if section.steps]
        self.steps = {step.code: step for section in self.sections for step in section.steps}

    def _of_section(self, section: Section) -> Section:
        steps = (self._of_step(step) for step in section.steps)
        return replace(section, steps=tuple(s for s in steps if s.questions or s.code in PAGES_OF_THEIR_OWN))

    def _of_step(self, step: Step) -> Step:
        return replace(step, questions=tuple(q for q in step.questions if self._is_asked(q)))

    def _is_asked(self, question) -> bool:
        if question.kind == Kind.PROGRAMME and self.answers.get("specialty") not in self.with_programmes:
            return False
        if question.code in self._spared and not question.is_required:
            return False
        return (not question.by_rule or question.code in self._asked) and question.only_if(self.answers)

    @property
    def kept_answers(self) -> dict:
        """The answers to what is asked: what an earlier answer made needless is left out."""
        asked = {question.code for step in self.steps.values() for question in step.questions}
        return {code: value for code, value in self.answers.items() if code in asked or code not in QUESTIONS}

    def is_required(self, step: Step) -> bool:
        """Whether the request cannot be sent without this step."""
        return step.code in ("name", "consents") or any(question.is_required for question in step.questions)

    def before(self, code: str) -> str:
        codes = list(self.steps)
        position = codes.index(code) if code in codes else 0
        return codes[position - 1] if position else ""
