"""Change control: the built-in change system and what approvals are bound to."""
