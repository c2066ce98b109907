"""The record for other systems: read-only REST, versioned under /api/v1/."""
