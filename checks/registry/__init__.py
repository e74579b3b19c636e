"""The registry of MCP servers: a file that tells other programs which servers exist."""
