"""docs/operate.md, done as it says: by hand, on a portal that runs."""
