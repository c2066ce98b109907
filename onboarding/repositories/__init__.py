"""Repositories: scaffolds, commits and the embedded Git host."""
