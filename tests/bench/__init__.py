"""Measurements: how fast the portal is, beside what a person would use instead."""
