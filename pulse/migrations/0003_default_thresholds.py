"""Thresholds that suit most machines. The admin changes them, and deletes those that shall never fire."""

from django.db import migrations

# metric, threshold, margin, seconds
DEFAULTS = (
    ("cpu", 90, 10, 300),
    ("memory", 90, 5, 60),
    ("swap", 80, 10, 300),
    ("disk", 90, 2, 0),
    ("load", 2, 0.5, 300),
    ("silent", 3, 0, 0),
)


def install(apps, schema_editor):
    Threshold = apps.get_model("pulse", "Threshold")
    Threshold.objects.using(schema_editor.connection.alias).bulk_create(
        Threshold(metric=metric, threshold=threshold, margin=margin, hold=hold)
        for metric, threshold, margin, hold in DEFAULTS
    )


class Migration(migrations.Migration):

    dependencies = [
        ("pulse", "0002_history_and_alerts"),
    ]

    operations = [migrations.RunPython(install, migrations.RunPython.noop)]
