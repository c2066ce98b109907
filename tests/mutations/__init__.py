"""Deliberate breaks: each guard, error kind and undo is seen to matter (`make mutants`).

A table of our own instead of a mutation tester: a tester makes thousands of breaks, each needs a
database and seconds, and most of them say nothing about guards. These are chosen and have a reason.
"""
