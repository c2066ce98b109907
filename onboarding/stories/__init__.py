"""The stories: the steps that carry an order out, one file a kind of order."""
