"""Check namespaces, quotas and limit ranges."""
