"""Orders over the API: read, placed, and moved as by page."""
