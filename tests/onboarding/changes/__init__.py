"""How changes are decided."""
