"""Compare declared objects with live ones, field by field."""
