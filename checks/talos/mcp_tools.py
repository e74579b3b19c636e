"""Which tool of a talos MCP server answers which question: by its name and by the schema of its arguments.

The servers that are known are ry-ops/talos-mcp-server, PyPI `talos-mcp-server` 0.4.1 and sergelogvinov/talos-mcp. The
first two run talosctl and return what it prints. The last one has one tool that describes a node as JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from checks.mcp.definition import Definition, Definitions
from checks.talos.text_node import RESOURCES, Question

CAPABILITY = "talos"
"""The capability by which a stack declares that a server is one for Talos."""
PREFIX = "talos_"
DESCRIBE = "talos_node_describe"
"""The tool of sergelogvinov/talos-mcp."""
NODE, CLUSTER = "node", "cluster"


@dataclass(frozen=True)
class Call:
    """A tool with its arguments."""

    tool: str
    arguments: Mapping[str, str]


@dataclass(frozen=True)
class _Tool:
    """A tool, the argument that takes the node, and its other arguments."""

    name: str
    node: str = "nodes"
    others: Mapping[str, str] = field(default_factory=dict)


_TOOLS: Mapping[Question, tuple[_Tool, ...]] = {
    Question.VERSION: (_Tool("talos_version"), _Tool("talos_get_version")),
    Question.SERVICES: (_Tool("talos_service"), _Tool("talos_get_services")),
    Question.CLOCK: (_Tool("talos_time"),),
    Question.MEMORY: (_Tool("talos_memory"),),
    Question.MOUNTS: (_Tool("talos_mounts"),),
    Question.MEMBERS: (_Tool("talos_etcd_members", "node"), _Tool("talos_etcd_members")),
    Question.ALARMS: (_Tool("talos_etcd_alarm", "node"),),
    **{
        question: (_Tool("talos_get_resources", others={"resource": kind, "output": form}),)
        for question, (kind, form) in RESOURCES.items()
    },
}
"""Tools that return what talosctl prints.

The tool `talos_get` of PyPI `talos-mcp-server` takes other resources only.
"""
_DESCRIBED = frozenset({Question.VERSION, Question.SERVICES, Question.MEMORY, Question.MOUNTS})
_WRITES = {
    "generate a machine configuration": "talos_gen_config",
    "apply a machine configuration": "talos_apply_config",
    "bootstrap etcd": "talos_bootstrap",
}
"""Tools that a server of a read-only profile does not have."""


def call(tools: Definitions, question: Question, node: str) -> Call | str:
    """Return the call that answers a question about a node, or why there is none."""
    known = [tool for tool in _TOOLS.get(question, ()) if tool.name in tools]
    for tool in known:
        if accepts(tools[tool.name], tool.node, *tool.others):
            return Call(tool.name, {tool.node: node, **tool.others})
    if known:
        return f"its tool {known[0].name} has other arguments than in the servers that are known"
    return "it has no tool for that"


def describes(tools: Definitions) -> bool:
    """Return whether a server describes a node in one answer."""
    return DESCRIBE in tools and accepts(tools[DESCRIBE], NODE)


def accepts(tool: Definition, *arguments: str) -> bool:
    """Return whether a tool takes these arguments as texts, and requires no others."""
    schema = cast("Mapping[str, object]", tool.get("inputSchema") or {})
    properties = schema.get("properties")
    required = schema.get("required") or []
    if not isinstance(properties, dict) or not isinstance(required, list):
        return False
    return set(required) <= set(arguments) and all(_is_text(properties.get(name)) for name in arguments)


def _is_text(schema: object) -> bool:
    if not isinstance(schema, dict):
        return False
    choices = schema.get("anyOf")
    if isinstance(choices, list):
        return any(map(_is_text, choices))
    kinds = schema.get("type")
    return "string" in (kinds if isinstance(kinds, list) else [kinds])


def lacking(tools: Definitions) -> tuple[str, ...]:
    """Return what a server cannot say or do.

    No server returns a kubeconfig: those with a tool for it keep the file in their own folder.
    """
    told = _DESCRIBED if describes(tools) else {each for each in Question if isinstance(call(tools, each, ""), Call)}
    told |= {Question.DIAGNOSTIC_DETAILS}  # A part of another answer.
    unsaid = (each.value for each in Question if each not in told)
    return (*unsaid, *(what for what, tool in _WRITES.items() if tool not in tools))
