"""Check NetworkPolicies, and try them with probe pods."""
