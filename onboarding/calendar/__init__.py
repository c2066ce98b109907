"""The calendar of changes: freezes, maintenance windows, and when an order may go on."""
