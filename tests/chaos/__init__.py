"""Disorder: workers, queue, database, clocks, clusters and Git host that misbehave."""
