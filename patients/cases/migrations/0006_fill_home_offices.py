"""Every case so far is at home where it is; its history says so too."""

from django.db import migrations

FILL = """
UPDATE cases_case SET home_office_id = office_id;
ALTER TABLE cases_casehistory DISABLE TRIGGER USER;
UPDATE cases_casehistory SET home_office_id = office_id;
ALTER TABLE cases_casehistory ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_home_offices_and_handovers")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
