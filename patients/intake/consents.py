"""The agreements that a request asks for: each its own record, with the version of the text that was read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from offices.routing.models import RequirementKind
from offices.routing.needs import Need, Pathway, Urgency
from offices.routing.rulebook import read_rulebook
from patients.intake.form.conditions import needs_a_guardian, writes_for_another
from patients.intake.form.kinds import Answers, Words
from patients.intake.models import Consent, Relation
from patients.intake.services import ConsentDetails

# Change it with every change of a wording below.
TEXT_VERSION = "2026-11-24"


@dataclass(frozen=True)
class ConsentText:
    """`label` is what the tick says; without a `required` one the request cannot be sent."""

    kind: str
    title: Words
    paragraphs: Sequence[Words]
    label: Words
    version: str = TEXT_VERSION
    is_required: bool = False

    def is_in(self, given: Mapping[str, Mapping]) -> bool:
        """Whether it was ticked, in the words that stand there now, in {kind: {version, ...}}."""
        return given.get(self.kind, {}).get("version") == self.version


INQUIRY = ConsentText(
    kind="treatment_inquiry",
    title=_("To read your request"),
    paragraphs=(
        _("Cedars-Sinai International uses what you write here to answer your request, and for nothing else."),
        _(
            "It is read by our team, by physicians who look at your request, and by translators. A computer program "
            "may make a first translation; a person checks it."
        ),
        _(
            "Your request may be read in our office for your country and in the United States; when it is urgent and "
            "that office is closed, in another of our offices that is open."
        ),
        _(
            "You may take back your agreement at any time by writing to the office that answers you. You need give no "
            "reason."
        ),
        _("This is not yet a treatment, and it binds you to nothing."),
    ),
    label=_("I have read this and I agree"),
    is_required=True,
)
RECORDS = ConsentText(
    kind="records",
    title=_("To read the medical records"),
    paragraphs=(
        _(
            "The records that you send are kept encrypted. Computer programs check them for viruses, make previews "
            "and sort them; only people who work on your case open them."
        ),
    ),
    label=_("I agree that the records are read"),
    is_required=True,
)
AUTHORITY = ConsentText(
    kind="authority",
    title=_("To act for the patient"),
    paragraphs=(_("You write for another person. We may ask for a proof before we answer questions about health."),),
    label=_("I confirm that I may act for the patient"),
    is_required=True,
)
GUARDIAN = ConsentText(
    kind="guardian",
    title=_("For a patient who is not of age"),
    paragraphs=(_("A parent or guardian decides for a patient who is not yet 18 years old."),),
    label=_("The parent or guardian whom I named has read all this and agrees"),
    is_required=True,
)
HOME_DOCTOR = ConsentText(
    kind="home_doctor",
    title=_("To tell the doctor at home"),
    paragraphs=(
        _(
            "If you wish, we tell the doctor or hospital at home that you name what we find, so that care goes on "
            "there. We ask you again before anything is sent."
        ),
    ),
    label=_("I agree that the doctor at home is told"),
)


def asked_consents(answers: Answers) -> list[ConsentText]:
    """What this request asks for: our own, and the separate ones that the rules for country and need require."""
    own = [INQUIRY, RECORDS]
    own += [AUTHORITY] if writes_for_another(answers) else []
    own += [GUARDIAN] if needs_a_guardian(answers) else []
    return [*own, HOME_DOCTOR] + [_by_rule(requirement) for requirement in _required(answers)]


def given_consents(answers: Answers) -> list[ConsentText]:
    """What was agreed to of what is asked now, in the words that stand there now."""
    given = answers.get("consents", {})
    return [text for text in asked_consents(answers) if text.is_in(given)]


def _required(answers: Answers):
    need = Need(
        country=answers.get("residence_country", ""),
        language=answers.get("language", ""),
        specialty=answers.get("specialty", ""),
        pathway=answers.get("pathway") or Pathway.IN_PERSON,
        urgency=answers.get("urgency") or Urgency.ROUTINE,
    )
    rules = read_rulebook().matching(need, timezone.now().date())
    found = {row.code: row for rule in rules for row in rule.requirements.all()}
    return [row for row in found.values() if row.kind == RequirementKind.CONSENT]


def _by_rule(requirement) -> ConsentText:
    # The text stands in the directory, where it may change: what was read is known by the hash of the English one.
    with translation.override("en"):
        digest = sha256(f"{requirement.name}\n{requirement.text}".encode()).hexdigest()[:12]
    return ConsentText(
        kind=requirement.code,
        title=requirement.name,
        paragraphs=(requirement.text,),
        label=_("I agree to this too"),
        version=f"directory-{digest}",
    )


def consent_details(given: Mapping[str, Mapping], *, given_by: str, given_as: str, zone: str) -> list[ConsentDetails]:
    """What `record_request` takes, of {kind: {version, language, at}} as the draft keeps it; the day as in `zone`."""
    longest = Consent._meta.get_field("given_by").max_length
    return [
        ConsentDetails(
            kind=kind, text_version=tick["version"], language=tick["language"], given_by=given_by[:longest],
            given_as=given_as or Relation.SELF, given_on=at.astimezone(ZoneInfo(zone or "UTC")).date(), recorded_at=at,
        )
        for kind, tick in given.items()
        for at in [datetime.fromisoformat(tick["at"])]
    ]  # fmt: skip
