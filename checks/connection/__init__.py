"""Check the connection: API server, nodes, cluster DNS."""
