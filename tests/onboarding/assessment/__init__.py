"""Risk by rules, and other orders that an order meets."""
