"""Check all other declared objects, and look for unmanaged ones."""
