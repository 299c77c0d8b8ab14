from django.db import migrations


def represent(apps, schema_editor):
    """Whoever had the account of a case acts for its patient from now on."""
    Representative = apps.get_model("intake", "Representative")
    for case in apps.get_model("cases", "Case").objects.exclude(account=None).order_by("opened_at"):
        Representative.objects.get_or_create(
            patient_id=case.patient_id,
            account_id=case.account_id,
            ended_at=None,
            defaults={"relation": "self", "since": case.opened_at},
        )


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_record_requests")]
    operations = [migrations.RunPython(represent, migrations.RunPython.noop)]
