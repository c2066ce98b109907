"""Adapters: one file a kind of cluster. Each sees `fleet/ports.py` and the errors, nothing else."""
