"""The lock of tools: what MCP servers said of their tools when somebody reviewed it.

A model reads these texts before it calls a tool. A server that changes them after they were reviewed can make it do
something else, and a new image can bring tools that nobody wanted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from checks.mcp.answer import Answer, Outcome, ServerAnswers
from checks.mcp.definition import PARTS, Definition
from checks.plain_text import shortened
from checks.results.builder import ResultBuilder
from checks.results.result import Ref
from stacks.model import names
from stacks.model.server import Server

_BEFORE = 30
"""Characters before the first difference that are shown."""


@dataclass(frozen=True)
class Difference:
    """A part of a tool that is not as locked; the tool is new without `expected`, and gone without `actual`."""

    tool: str
    part: str
    expected: str | None
    actual: str | None

    @property
    def message(self) -> str:
        """Return the sentence of the finding."""
        if self.expected is None and not self.part:
            return f"the server offers the tool {self.tool!r}, which the lock does not have"
        if self.actual is None and not self.part:
            return f"the server does not offer the tool {self.tool!r}, which the lock has"
        verb = "are" if self.part == "annotations" else "is"
        return f"the {self.part} of the tool {self.tool!r} {verb} not as locked"


def check_lock(
    builder: ResultBuilder, kind: str, server: Server, answers: ServerAnswers, lock: Mapping[str, str] | None
) -> None:
    """Check what a server says of its tools, through its Service and in each pod; `lock` is None if it has no entry."""
    service = Ref("Service", names.server(kind), server.namespace)
    if lock is None:
        message = "the tool lock has no entry for this server, so a change of its tools is not noticed"
        builder.fault("mcp.unlocked", service, message, expected="an entry", actual="no entry")
        return
    locked = {tool: msgspec.json.decode(text, type=dict[str, object]) for tool, text in lock.items()}
    reported: set[Difference] = set()
    asked = [
        (service, answers.service),
        *((Ref("Pod", pod, server.namespace), one) for pod, one in answers.pods.items()),
    ]
    for ref, answer in asked:
        if answer.outcome is Outcome.ANSWERED:
            found = set(differences(locked, answer))
            builder.passed(max(len(answer.definitions) - len({one.tool for one in found}), 0), server.namespace)
            for one in sorted(found - reported, key=lambda each: (each.tool, each.part)):
                message = one.message
                builder.fault("mcp.tool-changed", ref, message, expected=one.expected, actual=one.actual)
            reported |= found


def differences(locked: Mapping[str, Definition], answer: Answer) -> Iterator[Difference]:
    """Yield what is not as locked, by tool and part."""
    offered = answer.definitions
    for tool in sorted({*locked, *offered}):
        if tool not in offered:
            yield Difference(tool, "", tool, None)
        elif tool not in locked:
            yield Difference(tool, "", None, tool)
        else:
            for part in PARTS:
                before, after = _text(locked[tool].get(part)), _text(offered[tool].get(part))
                if before != after:
                    yield Difference(tool, part, *_from_the_difference(before, after))


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return msgspec.json.encode(value, order="sorted").decode()


def _from_the_difference(before: str | None, after: str | None) -> tuple[str | None, str | None]:
    """Return both texts, without most of what they have in common at the beginning."""
    if before is None or after is None:
        return before and shortened(before), after and shortened(after)
    pairs = zip(before, after, strict=False)
    same = next((number for number, (one, other) in enumerate(pairs) if one != other), min(len(before), len(after)))
    start = max(same - _BEFORE, 0)
    cut = "…" if start else ""
    return shortened(cut + before[start:]), shortened(cut + after[start:])
