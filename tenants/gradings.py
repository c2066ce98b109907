"""How applications are graded: by what depends on them, and by the data they hold."""

from django.db import models


class Criticality(models.TextChoices):
    """Business criticality (ITIL wording, highest first)."""

    CRITICAL = "critical", "Critical"
    HIGH = "high", "High"
    MEDIUM = "medium", "Medium"
    LOW = "low", "Low"


class Classification(models.TextChoices):
    """Data classification."""

    PUBLIC = "public", "Public"
    INTERNAL = "internal", "Internal"
    CONFIDENTIAL = "confidential", "Confidential"
    RESTRICTED = "restricted", "Restricted"
