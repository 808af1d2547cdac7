"""Raw audit logs at grep's speed."""
