"""Tests of `onboarding/running/`."""
