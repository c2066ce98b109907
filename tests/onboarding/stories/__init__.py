"""Single steps of a story."""
