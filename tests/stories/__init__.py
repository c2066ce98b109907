"""Whole journeys of orders, on real parts in temporary folders."""
