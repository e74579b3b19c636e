"""A small stdio MCP server with all that the bridge passes on."""

import os
import sys
import time

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel

server = MCPServer("sample", version="1.2.3", instructions="Ask for echo.")


class Pair(BaseModel):
    left: int
    right: str | None = None


@server.tool()
def echo(text: str, times: int = 1, note: str | None = None) -> str:
    """Return the text."""
    return " ".join([text] * times)


@server.tool()
def pair(left: int) -> Pair:
    """Return a structured result that contains null."""
    return Pair(left=left)


@server.tool()
def fail() -> str:
    """Fail always."""
    raise ToolError("as asked")


@server.tool()
def environment(name: str) -> str:
    """Return an environment variable of the process."""
    return os.environ.get(name, "")


@server.tool()
def sleep(seconds: float) -> str:
    """Answer late, in a separate thread."""
    time.sleep(seconds)
    return "awake"


@server.prompt()
def greet(name: str) -> str:
    """A greeting."""
    return f"Say hello to {name}."


@server.resource("sample://motto")
def motto() -> str:
    """A motto."""
    return "as declared"


if __name__ == "__main__":
    sys.stderr.write("sample: up\n")
    server.run(transport="stdio")
