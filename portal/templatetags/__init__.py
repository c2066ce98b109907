"""Components for the templates of every room."""
