"""Carries what stood in single columns over to rows, and takes back what the new rules no longer let be offered."""

from django.db import migrations

PROFESSIONAL = 2


def carry_over(apps, schema_editor):
    Office, OfficeHours = apps.get_model("directory", "Office"), apps.get_model("directory", "OfficeHours")
    OfficeHours.objects.bulk_create(
        OfficeHours(office=office, weekday=weekday, opens_at=office.opens_at, closes_at=office.closes_at)
        for office in Office.objects.all()
        for weekday in sorted(set(office.workdays))
    )
    User, StaffLanguage = apps.get_model("directory", "User"), apps.get_model("directory", "StaffLanguage")
    StaffLanguage.objects.bulk_create(
        StaffLanguage(user=user, language=language, level=PROFESSIONAL, may_release=True)
        for user in User.objects.exclude(qualified_languages=[])
        for language in sorted(set(user.qualified_languages))
    )
    # Whoever worked in an office did everything there.
    User.objects.filter(is_staff=True, is_superuser=False, roles=[]).update(roles=["coordinator"])
    # No specialty has a responsible physician yet, so none may be asked for until one is named.
    apps.get_model("directory", "Specialty").objects.update(is_offered=False)


class Migration(migrations.Migration):
    dependencies = [("directory", "0003_services_hours_and_people")]
    operations = [migrations.RunPython(carry_over, migrations.RunPython.noop)]
