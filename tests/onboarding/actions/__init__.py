"""What people may do with orders."""
