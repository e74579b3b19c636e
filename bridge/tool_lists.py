"""Which tools of the process clients may see and call."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

import mcp_types as types
from mcp import MCPError

UNLISTED = "(unlisted)"
"""The label of all tools that the process has not listed: any client could otherwise add labels to the metrics."""


@dataclass(frozen=True)
class ToolLists:
    """Patterns of tools that are allowed and denied, and the tools that the process has listed."""

    allow: Sequence[str] = ("*",)
    """A tool must match one of them."""
    deny: Sequence[str] = ()
    """It must match none of them, which outweighs `allow`."""
    _listed: dict[str, types.Tool] = field(default_factory=dict)

    def allows(self, tool: str) -> bool:
        """Return whether clients may see and call the tool."""
        return any(fnmatchcase(tool, one) for one in self.allow) and not any(
            fnmatchcase(tool, one) for one in self.deny
        )

    def require(self, tool: str) -> None:
        """Raise if clients may not call the tool.

        Raises:
            MCPError: The lists do not allow it.
        """
        if not self.allows(tool):
            message = f"the tool {tool} is not offered here: the tool lists of the bridge leave it out"
            raise MCPError(types.INVALID_PARAMS, message)

    def note(self, page: types.ListToolsResult) -> None:
        """Remember the tools on the page."""
        self._listed.update({tool.name: tool for tool in page.tools})

    def offered(self, page: types.ListToolsResult) -> types.ListToolsResult:
        """Return the page with the tools that clients may see."""
        self.note(page)
        return page.model_copy(update={"tools": [tool for tool in page.tools if self.allows(tool.name)]})

    def label(self, tool: str) -> str:
        """Return the tool's label in metrics."""
        return tool if tool in self._listed else UNLISTED

    def input_schema(self, tool: str) -> dict[str, Any] | None:
        """Return the schema of the tool's arguments; None if the process has not listed it."""
        found = self._listed.get(tool)
        return found.input_schema if found else None
