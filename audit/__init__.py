"""The ledger: audit entries and their seals, nothing else."""
