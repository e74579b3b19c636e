"""The HTTP front for one stdio MCP server.

Clusters speak HTTP: Services, probes and clients in other pods cannot reach a server that only
reads standard input. The bridge runs such a server as its process and passes MCP through.
"""
