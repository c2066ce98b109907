"""How plans are drafted and compared."""
