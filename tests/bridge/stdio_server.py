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
    """Repeats a text."""
    return " ".join([text] * times)


@server.tool()
def pair(left: int) -> Pair:
    """A structured answer with a null inside."""
    return Pair(left=left)


@server.tool()
def fail() -> str:
    """Always fails."""
    raise ToolError("as asked")


@server.tool()
def environment(name: str) -> str:
    """One environment variable of the process."""
    return os.environ.get(name, "")


@server.tool()
def sleep(seconds: float) -> str:
    """Answers late, in a thread of its own."""
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
