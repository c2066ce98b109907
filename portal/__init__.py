"""The frame: settings, routes, checks on top; environment, errors, web helpers as the floor."""
