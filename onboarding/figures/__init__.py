"""How the portal does, in numbers: what monitoring reads, and what an installation carries."""
