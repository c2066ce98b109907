"""People who have left: what sources have told of them, and how operators find them."""
