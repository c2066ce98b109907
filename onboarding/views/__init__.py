"""Pages of the process, one file a theme."""
