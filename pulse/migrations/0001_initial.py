import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


# Metric, threshold, margin, hold: they suit most machines. The admin can change and delete them.
DEFAULT_THRESHOLDS = (
    ("cpu", 90, 10, 300),
    ("memory", 90, 5, 60),
    ("swap", 80, 10, 300),
    ("disk", 90, 2, 0),
    ("load", 2, 0.5, 300),
    ("silent", 3, 0, 0),
)


def install_thresholds(apps, schema_editor):
    Threshold = apps.get_model("pulse", "Threshold")
    Threshold.objects.using(schema_editor.connection.alias).bulk_create(
        Threshold(metric=metric, threshold=threshold, margin=margin, hold=hold)
        for metric, threshold, margin, hold in DEFAULT_THRESHOLDS
    )


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Host',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255, unique=True, verbose_name='name')),
                ('at', models.DateTimeField(verbose_name='last pulse')),
                ('seen', models.DateTimeField(verbose_name='seen')),
                ('frame', models.TextField(verbose_name='frame')),
                ('interval', models.FloatField(help_text='Seconds from one pulse to the next.', verbose_name='interval')),
                ('missed', models.BigIntegerField(default=0, help_text='Ticks missed since the worker started.', verbose_name='missed')),
                ('posted', models.DateTimeField(null=True, verbose_name='posted')),
                ('boot', models.CharField(default='', max_length=64, verbose_name='boot')),
                ('agent', models.CharField(default='', help_text='The version of its agent.', max_length=64, verbose_name='agent')),
                ('rival', models.DateTimeField(null=True, verbose_name='rival')),
                ('stopped', models.BooleanField(default=False, help_text='Its agent was stopped: that is no alert.', verbose_name='stopped')),
            ],
            options={
                'verbose_name': 'machine',
                'verbose_name_plural': 'machines',
                'ordering': ('name',),
            },
        ),
        migrations.CreateModel(
            name='NotificationChannel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=64, unique=True, verbose_name='name')),
                ('url', models.TextField(verbose_name='URL')),
                ('enabled', models.BooleanField(default=True, verbose_name='enabled')),
                ('due', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('failures', models.PositiveIntegerField(default=0, editable=False, help_text='In a row.', verbose_name='failures')),
                ('error', models.CharField(default='', editable=False, max_length=255, verbose_name='last failure')),
            ],
            options={
                'verbose_name': 'notification channel',
                'verbose_name_plural': 'notification channels',
                'ordering': ('name',),
            },
        ),
        migrations.CreateModel(
            name='Silence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(blank=True, default='', max_length=255, verbose_name='machine')),
                ('until', models.DateTimeField(verbose_name='until')),
            ],
            options={
                'verbose_name': 'silence',
                'verbose_name_plural': 'silences',
                'ordering': ('until',),
            },
        ),
        migrations.CreateModel(
            name='AlertEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=255, verbose_name='host')),
                ('metric', models.CharField(choices=[('cpu', 'CPU, percent'), ('memory', 'Memory, percent'), ('swap', 'Swap, percent'), ('disk', 'Disk, percent'), ('load', 'Load per core over one minute'), ('silent', 'Staleness, intervals without a pulse')], max_length=16, verbose_name='metric')),
                ('state', models.CharField(choices=[('pending', 'pending'), ('firing', 'firing'), ('resolved', 'resolved')], max_length=8, verbose_name='state')),
                ('value', models.FloatField(help_text='The highest since the alert began; for staleness, seconds.', verbose_name='value')),
                ('threshold', models.FloatField(help_text='For staleness, seconds.', verbose_name='threshold')),
                ('since', models.DateTimeField(verbose_name='since')),
                ('fired', models.DateTimeField(null=True, verbose_name='fired')),
                ('below', models.DateTimeField(null=True)),
                ('until', models.DateTimeField(null=True, verbose_name='until')),
                ('untold', models.BooleanField(default=False)),
                ('told', models.BooleanField(default=False)),
            ],
            options={
                'verbose_name': 'alert event',
                'verbose_name_plural': 'alert events',
                'indexes': [models.Index(fields=['-since'], name='pulse_alerts_by_time'), models.Index(fields=['until'], name='pulse_alerts_by_end'), models.Index(condition=models.Q(('untold', True)), fields=['id'], name='pulse_untold_alerts')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('until', None)), fields=('host', 'metric'), name='pulse_one_open_alert')],
            },
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created', models.DateTimeField()),
                ('title', models.CharField(max_length=255)),
                ('text', models.TextField()),
                ('is_end', models.BooleanField(help_text='Nothing began.')),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='pulse.notificationchannel')),
            ],
            options={
                'ordering': ('pk',),
            },
        ),
        migrations.CreateModel(
            name='Rollup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=255)),
                ('step', models.PositiveIntegerField()),
                ('start', models.BigIntegerField()),
                ('figures', models.TextField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('step', 'host', 'start'), name='pulse_one_rollup_a_step')],
            },
        ),
        migrations.CreateModel(
            name='Sample',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=255)),
                ('seq', models.BigIntegerField()),
                ('at', models.DateTimeField()),
                ('frame', models.TextField()),
            ],
            options={
                'indexes': [models.Index(fields=['host', '-at'], name='pulse_newest_of_host'), models.Index(fields=['at'], name='pulse_by_time')],
                'constraints': [models.UniqueConstraint(fields=('host', 'seq'), name='pulse_one_sample_a_tick')],
            },
        ),
        migrations.CreateModel(
            name='Threshold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(choices=[('cpu', 'CPU, percent'), ('memory', 'Memory, percent'), ('swap', 'Swap, percent'), ('disk', 'Disk, percent'), ('load', 'Load per core over one minute'), ('silent', 'Staleness, intervals without a pulse')], max_length=16, verbose_name='metric')),
                ('host', models.CharField(blank=True, default='', help_text='Counts for this machine instead of that for all.', max_length=255, verbose_name='host')),
                ('threshold', models.FloatField(help_text='An alert starts at this figure: percent, load per core, or intervals without a pulse.', validators=[django.core.validators.MinValueValidator(0.01)], verbose_name='threshold')),
                ('margin', models.FloatField(default=0, help_text='A firing alert ends when the figure is this much below the threshold. 0 for staleness.', validators=[django.core.validators.MinValueValidator(0)], verbose_name='margin')),
                ('hold', models.PositiveIntegerField(default=0, help_text='Seconds at or above the threshold before the alert fires, and below it before it ends.', validators=[django.core.validators.MaxValueValidator(86400)], verbose_name='hold')),
            ],
            options={
                'verbose_name': 'threshold',
                'verbose_name_plural': 'thresholds',
                'ordering': ('metric', 'host'),
                'constraints': [models.UniqueConstraint(fields=('metric', 'host'), name='pulse_one_threshold_a_host')],
            },
        ),
        migrations.RunPython(install_thresholds, migrations.RunPython.noop),
    ]
