"""The eligibility matrix: its rows, and the editions by which they come and go."""

import django.core.validators
import django.db.models.deletion
import portal.clock
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tenants', '0005_reviews'),
    ]

    operations = [
        migrations.CreateModel(
            name='Edition',
            fields=[
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('created_at', models.DateTimeField(default=portal.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=portal.clock.now, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('number', models.PositiveIntegerField(primary_key=True, serialize=False)),
                ('put_by', models.CharField(max_length=200)),
                ('reason', models.CharField(max_length=500)),
            ],
            options={
                'ordering': ('-number',),
                'constraints': [models.CheckConstraint(condition=models.Q(('number__gte', 1), models.Q(('reason', ''), _negated=True), models.Q(('put_by', ''), _negated=True)), name='tenants_edition_told')],
            },
        ),
        migrations.CreateModel(
            name='Rule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('created_at', models.DateTimeField(default=portal.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=portal.clock.now, editable=False)),
                ('version', models.PositiveIntegerField(default=1, editable=False)),
                ('classification', models.CharField(blank=True, choices=[('public', 'Public'), ('internal', 'Internal'), ('confidential', 'Confidential'), ('restricted', 'Restricted')], max_length=12)),
                ('tier', models.CharField(default='*', max_length=31, validators=[django.core.validators.RegexValidator('^[^*\\s]*\\*?\\Z', 'Use letters, digits and dashes; a * stands at the end only, for all that begin so.')])),
                ('region', models.CharField(default='*', max_length=31, validators=[django.core.validators.RegexValidator('^[^*\\s]*\\*?\\Z', 'Use letters, digits and dashes; a * stands at the end only, for all that begin so.')])),
                ('allows', models.BooleanField()),
                ('why', models.CharField(max_length=200)),
                ('remedy', models.CharField(blank=True, max_length=200)),
                ('environment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, to='tenants.environment')),
                ('since', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='added', to='tenants.edition')),
                ('until', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='ended', to='tenants.edition')),
            ],
            options={
                'ordering': ('environment__rank', 'classification', 'tier', 'region', 'pk'),
                'constraints': [models.CheckConstraint(condition=models.Q(('classification__in', ['', 'public', 'internal', 'confidential', 'restricted'])), name='tenants_rule_classification'), models.CheckConstraint(condition=models.Q(models.Q(('tier', ''), _negated=True), models.Q(('region', ''), _negated=True), models.Q(('why', ''), _negated=True)), name='tenants_rule_told'), models.CheckConstraint(condition=models.Q(('until__isnull', True), ('until__gt', models.F('since')), _connector='OR'), name='tenants_rule_order'), models.UniqueConstraint(condition=models.Q(('until__isnull', True)), fields=('environment', 'classification', 'tier', 'region', 'allows'), name='tenants_rule_once', violation_error_message='This row is in force already.'), models.UniqueConstraint(condition=models.Q(('environment__isnull', True), ('until__isnull', True)), fields=('classification', 'tier', 'region', 'allows'), name='tenants_rule_of_any_environment_once', violation_error_message='This row is in force already.')],
            },
        ),
    ]
