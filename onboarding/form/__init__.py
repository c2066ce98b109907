"""The order form: its questions, what it offers, and how answers become orders."""
