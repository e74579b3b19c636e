"""Check that each namespace names its team."""
