"""Workloads: programs that prove with a token of their platform who they are, without a secret."""
