"""The record: the CMDB, names, claims, priming, lookups and export. Talks to nothing."""
