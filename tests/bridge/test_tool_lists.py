"""The tools that clients may see and call."""

import mcp_types as types
import pytest
from mcp import MCPError

from bridge.tool_lists import UNLISTED, ToolLists
from stacks.model.bridge import BridgeRules


def page(*names: str) -> types.ListToolsResult:
    return types.ListToolsResult(tools=[types.Tool(name=name, input_schema={"title": name}) for name in names])


@pytest.mark.parametrize(
    ("lists", "tool", "allowed"),
    [
        (ToolLists(), "any", True),
        (ToolLists(allow=["get_*", "list"]), "get_time", True),
        (ToolLists(allow=["get_*", "list"]), "list", True),
        (ToolLists(allow=["get_*"]), "forget_it", False),
        (ToolLists(allow=["get_*"]), "Get_time", False),
        (ToolLists(deny=["delete_*"]), "delete_all", False),
        (ToolLists(deny=["delete_*"]), "undelete", True),
        (ToolLists(allow=["get_*"], deny=["get_secret"]), "get_secret", False),
    ],
)
def test_patterns(lists: ToolLists, tool: str, allowed: bool) -> None:
    assert lists.allows(tool) is allowed
    # The declaration reads the lists alike: it refuses tools of `capabilities` that the bridge would leave out.
    assert BridgeRules(allow_tools=tuple(lists.allow), deny_tools=tuple(lists.deny)).serves(tool) is allowed
    assert [one.name for one in lists.offered(page(tool)).tools] == ([tool] if allowed else [])


def test_a_call_that_is_not_allowed_is_refused_with_its_reason() -> None:
    with pytest.raises(MCPError, match="the tool drop is not offered here: the tool lists of the bridge") as caught:
        ToolLists(deny=["drop"]).require("drop")
    assert caught.value.code == types.INVALID_PARAMS


def test_only_listed_tools_are_labels_and_have_schemas() -> None:
    lists = ToolLists(deny=["b"])
    lists.note(page("a"))
    lists.offered(page("b"))
    assert [lists.label(tool) for tool in ("a", "b", "c")] == ["a", "b", UNLISTED]
    assert lists.input_schema("a") == {"title": "a"}
    assert lists.input_schema("c") is None
