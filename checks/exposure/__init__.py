"""Check the addresses of MCP servers outside the cluster, from outside."""
