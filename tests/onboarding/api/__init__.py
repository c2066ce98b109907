"""Orders over the API."""
