"""The frame: settings, routes and checks on top; environment, errors and web helpers as the floor."""
