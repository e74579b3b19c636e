"""Check how much of their quotas the namespaces use."""
