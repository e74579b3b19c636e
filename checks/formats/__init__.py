"""The formats of the report of a verification: one module each."""
