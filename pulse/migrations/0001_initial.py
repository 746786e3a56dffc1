"""The table of samples."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Sample",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("host", models.CharField(max_length=255)),
                ("seq", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("frame", models.TextField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["host", "-at"], name="pulse_newest_of_host"),
                    models.Index(fields=["at"], name="pulse_by_time"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("host", "seq"), name="pulse_one_sample_a_tick")
                ],
            },
        ),
    ]
