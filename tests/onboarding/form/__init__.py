"""Tests of `onboarding/form/`."""
