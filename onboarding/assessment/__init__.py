"""What an order meets and risks: other orders at the same place, and risk by rules."""
