"""The presets of Acme."""
