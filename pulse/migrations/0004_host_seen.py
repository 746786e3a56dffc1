from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):

    dependencies = [
        ('pulse', '0003_default_thresholds'),
    ]

    operations = [
        migrations.AddField(
            model_name='host',
            name='seen',
            field=models.DateTimeField(default=timezone.now),
            preserve_default=False,
        ),
    ]
