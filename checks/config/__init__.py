"""Check the ConfigMaps."""
