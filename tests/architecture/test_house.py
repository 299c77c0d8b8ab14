"""The rules of the house that imports alone do not show: where foreign keys point, and what the database itself refuses."""

from datetime import date

import pgtrigger
import pytest
from django.apps import apps
from django.db import InternalError, connection, models, transaction

from offices.directory.models import StaffLanguage
from offices.notifications.models import NOTIFICATION_TRANSITIONS
from offices.outbox.models import DELIVERY_TRANSITIONS, Attempt, Delivery
from patients.cases.services import hand_over_case, post_message
from tests.factories import (
    AbsenceFactory,
    DocumentFactory,
    OfficeFactory,
    RoutingRuleFactory,
    make_case,
    make_record_request,
    refer,
)

FLOORS = {"offices": 0, "patients": 1, "partners": 2}
ROOMS = {
    "kit": 0, "outbox": 1, "directory": 2, "notifications": 3, "translation": 3, "exchange": 3, "routing": 3,
    "security": 4,
    "intake": 0, "records": 1, "cases": 2, "portal": 3, "website": 3,
    "institutions": 0, "referrals": 1, "api": 2,
}  # fmt: skip
APPEND_ONLY = {
    "outbox.Event", "outbox.Attempt", "translation.TranslationVersion", "intake.Consent", "cases.Message", "cases.Handover",
    "referrals.Referral", "referrals.IdempotencyRecord",
}  # fmt: skip
# Tables that hold a person, money, consent or a state, and so must have a history unless rows never change.
HISTORY = {
    "directory.User", "directory.StaffLanguage", "directory.Absence", "routing.RoutingRule", "outbox.Delivery", "notifications.Notification", "translation.TranslationJob", "intake.Patient",
    "intake.CareRequest", "intake.Representative", "intake.PatientMatch", "records.Document", "cases.Case", "cases.RecordRequest", "institutions.Institution", "institutions.Credential",
}  # fmt: skip


def our_models():
    return [model for model in apps.get_models() if model.__module__.split(".")[0] in FLOORS]


def place(model):
    floor, room = model.__module__.split(".")[:2]
    return FLOORS[floor], ROOMS[room]


def triggers(model):
    return {type(trigger) for trigger in model._meta.triggers} if hasattr(model._meta, "triggers") else set()


def is_history(model):
    return any(field.name == "pgh_id" for field in model._meta.fields)


def test_every_room_has_its_place():
    assert {model.__module__.split(".")[1] for model in our_models()} <= set(ROOMS)


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)
def test_no_foreign_key_points_up(model):
    for field in model._meta.get_fields():
        target = field.related_model if isinstance(field, models.ForeignKey | models.ManyToManyField) else None
        if target and target.__module__.split(".")[0] in FLOORS:
            assert place(target) <= place(model), f"{model._meta.label}.{field.name} points up at {target._meta.label}"


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model._meta.label)
def test_every_state_is_guarded_and_every_history_kept(model):
    label, kinds = model._meta.label, triggers(model)
    states = [f.name for f in model._meta.fields if f.name in ("state", "stage")]
    if is_history(model):
        assert pgtrigger.Protect in kinds
        return
    assert (label in APPEND_ONLY) == (pgtrigger.Protect in kinds)
    assert (label in HISTORY) == any(
        rel.related_model and is_history(rel.related_model) for rel in model._meta.related_objects
    )
    if states:
        assert pgtrigger.FSM in kinds and label in HISTORY


def test_what_must_not_change_is_listed_by_its_true_name():
    labels = {model._meta.label for model in our_models()}
    assert labels >= APPEND_ONLY and labels >= HISTORY


@pytest.fixture
def rows(case, coordinator, institution):
    """A row in every table, made by the product itself."""
    post_message(case=case, author=coordinator, text="Hello.", language="en")
    job = case.care_request.translation
    job.versions.create(number=1, text="A text.", author=coordinator)
    refer(institution, idempotency_key="key-1")
    hand_over_case(case=case, to=OfficeFactory(code="abu-dhabi"), actor=coordinator, note="Night shift.")
    AbsenceFactory(user=coordinator, starts_on=date(2026, 12, 1), ends_on=date(2026, 12, 2))
    StaffLanguage.objects.create(user=coordinator, language="es")
    RoutingRuleFactory()
    DocumentFactory(patient=case.patient)
    make_record_request(case)
    make_case(email="maria2@example.org")  # may be the same person
    delivery = Delivery.objects.first()
    Attempt.objects.create(delivery=delivery, started_at=delivery.due_at, succeeded=True)
    return case


@pytest.mark.django_db
def test_the_database_refuses_to_change_or_delete_what_is_append_only(rows):
    histories = {model._meta.label for model in our_models() if is_history(model)}
    for label in APPEND_ONLY | histories:
        model = apps.get_model(label)
        table, key = model._meta.db_table, model._meta.pk.column
        if not model.objects.exists():
            assert label in {"institutions.CredentialHistory", "outbox.DeliveryHistory"}, f"no row of {label} was made"
            continue
        for statement in (f'UPDATE "{table}" SET "{key}" = "{key}"', f'DELETE FROM "{table}"'):
            with pytest.raises(InternalError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("label", "trigger", "table"),
    [
        ("outbox.Delivery", "state_moves", DELIVERY_TRANSITIONS),
        ("notifications.Notification", "state_moves", NOTIFICATION_TRANSITIONS),
    ],
)
def test_the_database_refuses_every_move_that_a_state_table_does_not_hold(label, trigger, table, rows):
    model = apps.get_model(label)
    row = model.objects.first()
    states = model._meta.get_field("state").choices
    for before, _ in states:
        for after, _ in states:
            with pgtrigger.ignore(f"{label}:{trigger}"):
                model.objects.filter(pk=row.pk).update(state=before)
            sql = f'UPDATE "{model._meta.db_table}" SET state = %s WHERE id = %s'
            with transaction.atomic(), connection.cursor() as cursor:
                if before == after or after in table[before]:
                    cursor.execute(sql, [after, row.pk])
                else:
                    with pytest.raises(InternalError, match="Invalid transition"), transaction.atomic():
                        cursor.execute(sql, [after, row.pk])
