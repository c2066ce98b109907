"""The only writers of the record: one transaction each, and an audit entry for what it changed."""
