import django.core.validators
import django.db.models.deletion
import rooms.models.room
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='Disconnection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.BigIntegerField()),
                ('member', models.CharField(blank=True, max_length=24)),
                ('at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='IdentityKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('value', models.CharField(max_length=64)),
            ],
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.BigIntegerField(verbose_name='number')),
                ('member', models.CharField(max_length=24, verbose_name='member')),
                ('name', models.CharField(max_length=254, verbose_name='name')),
                ('guest', models.BooleanField()),
                ('program', models.BooleanField(default=False)),
                ('external', models.BooleanField(default=False)),
                ('kind', models.CharField(default='message', max_length=7)),
                ('target', models.BigIntegerField(null=True)),
                ('text', models.TextField(verbose_name='text')),
                ('at', models.DateTimeField(verbose_name='time')),
                ('key', models.CharField(max_length=65)),
            ],
            options={
                'verbose_name': 'message',
                'verbose_name_plural': 'messages',
            },
        ),
        migrations.CreateModel(
            name='Room',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Part of the address /ws/NAME. It cannot be changed later.', max_length=64, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9_-]{1,64}\\Z', 'Use 1 to 64 of A-Z a-z 0-9 _ -.')], verbose_name='name')),
                ('key', rooms.models.room.KeyField(blank=True, editable=False, max_length=64, unique=True)),
                ('title', models.CharField(blank=True, help_text='Shown instead of the name.', max_length=200, verbose_name='title')),
                ('password', models.CharField(blank=True, editable=False, max_length=255)),
                ('password_version', models.PositiveIntegerField(default=0, editable=False)),
                ('history_size', models.PositiveIntegerField(default=1000, help_text='Number of messages that are kept; with 0 none are.', verbose_name='history size')),
                ('member_limit', models.PositiveIntegerField(blank=True, help_text='Members at a time; leave empty for no limit.', null=True, verbose_name='member limit')),
                ('closed', models.BooleanField(default=False, help_text='No newcomers; members inside stay.', verbose_name='closed')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('groups', models.ManyToManyField(blank=True, help_text='Only users in one of these groups may enter, with its password, if it has one.', related_name='rooms', to='auth.group', verbose_name='groups')),
            ],
            options={
                'verbose_name': 'room',
                'verbose_name_plural': 'rooms',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Ban',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='The name of a user, or the id that a token names, as in token:u-17.', max_length=254, verbose_name='who')),
                ('origin', models.CharField(blank=True, editable=False, max_length=64)),
                ('member', models.CharField(editable=False, max_length=24)),
                ('reason', models.CharField(blank=True, help_text='For staff.', max_length=200, verbose_name='reason')),
                ('until', models.DateTimeField(blank=True, help_text='Leave empty for ever.', null=True, verbose_name='until')),
                ('room', models.ForeignKey(blank=True, help_text='Leave empty for all rooms.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='bans', to='rooms.room', verbose_name='room')),
            ],
            options={
                'verbose_name': 'ban',
                'verbose_name_plural': 'bans',
            },
        ),
        migrations.CreateModel(
            name='ReservedName',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=64, unique=True, verbose_name='name')),
            ],
            options={
                'verbose_name': 'reserved name',
                'verbose_name_plural': 'reserved names',
            },
        ),
        migrations.CreateModel(
            name='MessageSequence',
            fields=[
                ('room', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='sequence', serialize=False, to='rooms.room')),
                ('epoch', models.CharField(blank=True, max_length=32)),
                ('last_seq', models.BigIntegerField(default=0)),
                ('last_at', models.DateTimeField(null=True)),
                ('pruned', models.BigIntegerField(default=0)),
                ('removals', models.BigIntegerField(default=0)),
                ('disconnections', models.BigIntegerField(default=0)),
            ],
        ),
        migrations.AddConstraint(
            model_name='room',
            constraint=models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='room_has_key'),
        ),
        migrations.AddField(
            model_name='message',
            name='room',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='messages', to='rooms.room', verbose_name='room'),
        ),
        migrations.AddField(
            model_name='disconnection',
            name='room',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='disconnections', to='rooms.room'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(fields=('room', 'seq'), name='message_number'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(fields=('room', 'member', 'key'), name='message_key'),
        ),
        migrations.AddConstraint(
            model_name='disconnection',
            constraint=models.UniqueConstraint(fields=('room', 'number'), name='disconnection_number'),
        ),
    ]
