"""Tests of what monitoring reads."""
