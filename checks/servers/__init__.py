"""Check the declared MCP servers, and discover undeclared ones."""
