"""Management of the portal from the command line."""
