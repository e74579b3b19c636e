"""Check MCP servers over the protocol."""
