"""Tests of `onboarding/display/`."""
