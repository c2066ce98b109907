"""The process: orders, entitlement, change control, stories, the engine, repositories."""
