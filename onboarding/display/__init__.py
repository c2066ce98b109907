"""What pages show of an order: its timeline, its outlook, its plan, and what comes next."""
