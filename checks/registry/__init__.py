"""The registry of MCP servers: a file that lists the running servers for other programs."""
