"""Entitlement: may this person do that? Sources, and how their answers combine."""
