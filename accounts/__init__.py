"""The door: people, sign-in, roles and machine tokens."""
