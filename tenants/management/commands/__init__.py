"""Commands of the record, one a module."""
