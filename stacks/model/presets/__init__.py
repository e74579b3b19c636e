"""Settings of known MCP servers, one YAML file a server, which stack files take by name.

Another distribution provides presets of its own by the entry point group `cortex.presets`, a project in its folder
`presets`.
"""
