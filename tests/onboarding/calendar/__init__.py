"""The calendar: its pages, and its part of the API."""
