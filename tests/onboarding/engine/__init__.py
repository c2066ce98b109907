"""How the engine carries orders on."""
