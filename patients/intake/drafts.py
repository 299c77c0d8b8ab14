"""Requests being written: who holds one, saving a step, the way back by mail, and their end."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone, translation

from offices.directory.models import User
from offices.kit.languages import ascii_digits, page_language
from offices.notifications.services import queue_notification
from patients.intake.form.kinds import Answers
from patients.intake.form.steps import STEPS, WHO
from patients.intake.models import Draft, DraftStep, Patient, ResumeKey
from patients.intake.models.drafts import DRAFT_DAYS, draft_end, hash_key

COOKIE, SALT = "draft", "patients.intake.draft"
KEY_HOURS, CODE_DIGITS, CODE_TRIES = 24, 8, 5
WARN_DAYS = 5


class StaleStep(Exception):
    """The step was saved elsewhere meanwhile, with other answers: `now` is the DraftStep as it is."""

    def __init__(self, now: DraftStep):
        self.now = now
        super().__init__(now.step)


class OtherDraft(Exception):
    """The page was made for another request than the one that is open in this browser now."""


def draft_of(request: HttpRequest, named: str = "") -> Draft | None:
    """The open draft whose key this browser holds. One that began with what is known of a patient opens only for the
    account that began it. Raises OtherDraft when it is not the draft that the page `named`.
    """
    try:
        key = request.get_signed_cookie(COOKIE, salt=SALT, max_age=DRAFT_DAYS * 86400)
    except (KeyError, signing.BadSignature):
        return None
    draft = Draft.objects.open().filter(pk=key).first()
    if draft and named and named != str(draft.pk):
        raise OtherDraft
    if draft and draft.patient_id and draft.account_id != request.user.pk:
        return None
    return draft


def hand_key(response: HttpResponse, draft: Draft) -> HttpResponse:
    """Let the browser hold the draft."""
    response.set_signed_cookie(
        COOKIE, str(draft.pk), salt=SALT, max_age=DRAFT_DAYS * 86400, httponly=True, samesite="Lax",
        secure=settings.HTTPS,
    )  # fmt: skip
    return response


def take_key(response: HttpResponse) -> HttpResponse:
    """Let the browser hold no draft."""
    response.delete_cookie(COOKIE, samesite="Lax")
    return response


@transaction.atomic
def start_draft(*, language: str, account: User | None = None, patient: Patient | None = None, known: Answers) -> Draft:
    """A new draft that holds what is `known`: a step counts as done when nothing that it requires is open.

    Who writes, and by what right, is asked anew each time.
    """
    draft = Draft.objects.create(
        language=language, account=account, patient=patient, email=account.email if account else ""
    )
    for step in STEPS.values():
        answers = {question.code: known[question.code] for question in step.questions if question.code in known}
        if any(answers.values()):
            is_done = step not in WHO.steps and all(
                answers.get(question.code) for question in step.questions if question.is_required
            )
            DraftStep.objects.create(draft=draft, step=step.code, answers=answers, is_done=is_done)
    return draft


def answers_of(draft: Draft) -> dict:
    """All answers so far. No question stands in two steps."""
    return {code: answer for row in draft.steps.all() for code, answer in row.answers.items()}


@transaction.atomic
def save_step(*, draft: Draft, step: str, answers: Answers, seen: int | None = None) -> DraftStep:
    """Save a step as done. `seen` is the version that the page showed.

    Raises StaleStep when another page saved other answers since.
    """
    Draft.objects.select_for_update(no_key=True).get(pk=draft.pk)
    row, _made = DraftStep.objects.get_or_create(draft=draft, step=step)
    if seen is not None and seen != row.version and row.answers != answers:
        raise StaleStep(row)
    row.answers, row.unfinished, row.is_done = dict(answers), {}, True
    row.version, row.saved_at = row.version + 1, timezone.now()
    row.save()
    draft.saved_at, draft.expires_at, draft.warned_at = row.saved_at, draft_end(), None
    draft.email = answers.get("email", draft.email).lower()
    draft.save(update_fields=["saved_at", "expires_at", "warned_at", "email"])
    return row


@transaction.atomic
def keep_typed(*, draft: Draft, step: str, typed: dict[str, list[str]], seen: int) -> bool:
    """Keep what is typed on a page and not yet sent: the fields as a form sends them, unchecked.

    False when the step was saved since (its version is no longer `seen`): then nothing is kept.
    """
    row, _made = DraftStep.objects.get_or_create(draft=draft, step=step)
    is_kept = bool(DraftStep.objects.filter(pk=row.pk, version=seen).update(unfinished=typed))
    Draft.objects.filter(pk=draft.pk).update(saved_at=timezone.now(), expires_at=draft_end(), warned_at=None)
    return is_kept


@dataclass(frozen=True)
class WayBack:
    token: str
    code: str


@transaction.atomic
def mail_way_back(*, draft: Draft, email: str, at: datetime | None = None) -> WayBack:
    """Mail a link and a code, each of which opens the draft once, on any device, within 24 hours."""
    at = at or timezone.now()
    draft.email = email.strip().lower()
    draft.save(update_fields=["email"])
    return _mail_key(draft, "draft_way_back", at=at, expires_at=at + timedelta(hours=KEY_HOURS))


def _mail_key(draft: Draft, kind: str, *, at: datetime, expires_at: datetime) -> WayBack:
    """A new key, which ends those before it, in a mail that loses its words once it is sent."""
    way = WayBack(secrets.token_urlsafe(24), "".join(secrets.choice("0123456789") for _digit in range(CODE_DIGITS)))
    draft.keys.filter(used_at=None).update(used_at=at)
    ResumeKey.objects.create(
        draft=draft, email=draft.email, link_hash=hash_key(way.token), code_hash=hash_key(f"{draft.email}:{way.code}"),
        sent_at=at, expires_at=expires_at,
    )  # fmt: skip
    language = page_language(draft.language)
    with translation.override(language):
        link = settings.SITE_URL + reverse("portal:resume_link", args=[way.token])
        context = {"link": link, "code": way.code, "ends_at": draft.expires_at, "hours": KEY_HOURS, "days": DRAFT_DAYS}
        queue_notification(kind=kind, to=draft.email, language=language, context=context, secret=True)
    return way


def peek_link(token: str) -> bool:
    """Whether the link still opens a draft; looking uses nothing up, since mail programs look too."""
    return _usable().filter(link_hash=hash_key(token)).exists()


@transaction.atomic
def open_by_link(token: str) -> Draft | None:
    return _use(_usable().filter(link_hash=hash_key(token)))


@transaction.atomic
def open_by_code(email: str, code: str) -> Draft | None:
    """The draft of the newest code mailed to `email`. Each wrong code counts; after five the code is dead."""
    email = email.strip().lower()
    keys = _usable().filter(email=email, tries__lt=CODE_TRIES)
    digits = "".join(filter(str.isdigit, ascii_digits(code)))
    draft = _use(keys.filter(code_hash=hash_key(f"{email}:{digits}")))
    if draft is None:
        keys.update(tries=F("tries") + 1)
    return draft


def _usable():
    now = timezone.now()
    return ResumeKey.objects.filter(used_at=None, expires_at__gt=now, draft__in=Draft.objects.open())


def _use(keys) -> Draft | None:
    key = keys.select_for_update(of=["self"]).select_related("draft").order_by("-sent_at").first()
    if key is None:
        return None
    key.used_at = timezone.now()
    key.save(update_fields=["used_at"])
    return key.draft


def warn_of_ends(at: datetime | None = None) -> int:
    """Mail those whose draft ends soon, once. Returns how many."""
    at = at or timezone.now()
    ending = (
        Draft.objects.open().filter(expires_at__lt=at + timedelta(days=WARN_DAYS), warned_at=None).exclude(email="")
    )
    warned = 0
    for pk in ending.values_list("pk", flat=True)[:500]:
        with transaction.atomic():
            draft = ending.select_for_update(skip_locked=True).filter(pk=pk).first()
            if draft is None:
                continue
            draft.warned_at = at
            draft.save(update_fields=["warned_at"])
            _mail_key(draft, "draft_ending", at=at, expires_at=draft.expires_at)
            warned += 1
    return warned
