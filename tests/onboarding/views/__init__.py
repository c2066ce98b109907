"""Pages of the process, asked for like a browser does."""
