"""The resources that the stack had before this deployment. Reading them takes the engine a second."""

from collections.abc import Mapping
from typing import TypeAlias, cast

import pulumi
from pulumi.runtime import invoke, invoke_async

_FUNCTION = "pulumi:pulumi:readStackResourceOutputs"

Resources: TypeAlias = Mapping[str, Mapping[str, Mapping[str, object]]]
"""URN → a resource, of which `outputs` are read."""


def read() -> Resources:
    """Return the resources, for a program."""
    return _resources(invoke(_FUNCTION, _arguments()).value)


async def read_async() -> Resources:
    """Return the resources, for a hook: it runs on the event loop, which it must not block."""
    return _resources(await invoke_async(_FUNCTION, _arguments()))


def _arguments() -> Mapping[str, str]:
    return {"stackName": f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"}


def _resources(answer: object) -> Resources:
    return cast("Mapping[str, Resources]", answer)["outputs"]
