"""What an MCP server says of a tool: what a model reads before it calls the tool, so a change of it can mislead one."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mcp import Client

TOOL_PAGES = 100
"""Most pages of tools/list that are read, since a server may return pages forever."""

PARTS = ("title", "description", "inputSchema", "outputSchema", "annotations")
"""The parts of a definition, by their names in the protocol."""

Definition = Mapping[str, object]
"""The parts that a tool has; its icons and `_meta` are not among them."""

Definitions = Mapping[str, Definition]
"""By the name of the tool."""


def definition(*parts: object) -> Definition:
    """Return the definition with these values of PARTS; without those that are empty."""
    return {name: value for name, value in zip(PARTS, parts, strict=True) if value not in (None, "", {})}


async def list_tools(client: "Client") -> Definitions:
    """Return what a server says of its tools."""
    found, cursor = dict[str, Definition](), None
    for _ in range(TOOL_PAGES):
        page = await client.list_tools(cursor=cursor)
        for tool in page.tools:
            hints = tool.annotations.model_dump(by_alias=True, exclude_none=True) if tool.annotations else None
            parts = (tool.title, tool.description, tool.input_schema, tool.output_schema, hints)
            found[tool.name] = definition(*parts)
        cursor = page.next_cursor
        if cursor is None:
            break
    return found
