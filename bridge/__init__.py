"""HTTP access to one stdio MCP server.

Services, probes and clients in other pods need HTTP and cannot reach a server that only reads standard input. The
bridge runs such a server as a child process and forwards MCP requests to it.
"""
