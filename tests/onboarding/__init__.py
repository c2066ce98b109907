"""How orders are placed, decided and carried out."""
