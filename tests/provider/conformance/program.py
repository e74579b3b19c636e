"""The Pulumi program of every conformance case: declares what resources.json lists."""

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes

made: dict[str, pulumi.Resource] = {}


def attribute(tree: Any, name: str) -> Any:
    return tree.get(name) if isinstance(tree, dict) else getattr(tree, name)


def value(given: Any) -> Any:
    """Return a JSON value with `{"$secret": x}` and `{"$of": "resource", "path": [...]}` replaced by outputs."""
    if isinstance(given, dict) and "$secret" in given:
        return pulumi.Output.secret(value(given["$secret"]))
    if isinstance(given, dict) and "$of" in given:
        output = getattr(made[given["$of"]], given["path"][0])
        for name in given["path"][1:]:
            output = output.apply(partial(attribute, name=name))
        return output
    if isinstance(given, dict):
        return {key: value(item) for key, item in given.items()}
    return [value(item) for item in given] if isinstance(given, list) else given


def declare(name: str, kind: str, arguments: dict[str, Any], options: dict[str, Any]) -> None:
    cls: Any = pulumi_kubernetes
    for part in kind.split("."):
        cls = getattr(cls, part)
    given = {re.sub("[A-Z]", lambda m: "_" + m[0].lower(), key): value(item) for key, item in arguments.items()}
    options = dict(options)
    for key in ("depends_on", "provider"):
        if key in options:
            options[key] = [made[other] for other in options[key]] if key == "depends_on" else made[options[key]]
    if "aliases" in options:
        options["aliases"] = [pulumi.Alias(**alias) for alias in options["aliases"]]
    made[name] = cls(name, opts=pulumi.ResourceOptions(**options), **given)


for entry in json.loads(Path("resources.json").read_text()):
    declare(**entry)
