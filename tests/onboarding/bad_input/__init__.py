"""Bad input: it gets a plain sentence and a next step, and nothing is lost."""
