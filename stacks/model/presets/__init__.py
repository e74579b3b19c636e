"""Settings of known types of MCP server, one YAML file a type, so that stack files need not repeat them.

Another distribution provides presets of its own by the entry point group `cortex.presets`.
"""
