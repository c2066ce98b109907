"""Workloads and their issuers, real and hostile."""
