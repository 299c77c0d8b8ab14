from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RecordsConfig(AppConfig):
    name = "patients.records"
    label = "records"
    verbose_name = _("Medical records")

    def ready(self):
        from offices.outbox.subscriptions import subscribe
        from patients.records.deidentify import give_up_copy, make_copy
        from patients.records.dicom import draw_series
        from patients.records.limits import LONG_SECONDS
        from patients.records.pipeline import give_up_step, run_large_step, run_step
        from patients.records.vault import delete_objects

        subscribe("file.removed", "records.delete_objects", delete_objects)
        subscribe("document.received", "records.read", run_step, on_dead=give_up_step)
        subscribe("document.step", "records.read", run_step, on_dead=give_up_step)
        subscribe("document.large_step", "records.read", run_large_step, on_dead=give_up_step, seconds=LONG_SECONDS)
        subscribe("series.grew", "records.draw_series", draw_series)
        subscribe("study.copy_asked", "records.make_copy", make_copy, on_dead=give_up_copy, seconds=LONG_SECONDS)
