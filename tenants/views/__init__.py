"""Pages of the record: services, tenants, applications, clusters."""
