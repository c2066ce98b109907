"""Bad input that shows only while an order is carried out."""
