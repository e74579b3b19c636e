"""YAML: read as Pulumi reads it, and written for people."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import yaml


def parse_yaml(text: str) -> object:
    """Return the document of a YAML text.

    Raises:
        ValueError: the text is not valid YAML, or a key is written twice; the sentence says where.
    """
    if _is_shallow(text):
        try:
            return cast("object", yaml.load(text, _Quick))  # noqa: S506 (it is a SafeLoader)
        except (yaml.YAMLError, ValueError):
            pass  # the messages are those of PyYAML itself, and some texts only PyYAML accepts
    with _marked():
        return cast("object", yaml.load(text, _UniqueKeys))  # noqa: S506 (it is a SafeLoader)


def _is_shallow(text: str) -> bool:
    """Return whether libyaml can read a text: some 10,000 levels would end the process.

    Each level has a bracket or, in a block, a column of its own.
    """
    return text.count("[") + text.count("{") < _MOST and max(map(len, text.splitlines()), default=0) < _MOST


def parse_documents(text: str) -> list[object]:
    """Return the documents of a YAML text as Kubernetes reads them: a date is text.

    Raises:
        ValueError: the text is not valid YAML, or a key is written twice; the sentence says where.
    """
    with _marked():
        return list(yaml.load_all(text, _Kubernetes))


_MOST = 500
"""How many brackets or columns a text can have for libyaml."""

_UNQUOTED = {
    "found undefined alias": "an undefined alias: write a text that begins with '*' in quotes",
    "could not determine a constructor for the tag": "an unknown tag: write a text that begins with '!' in quotes",
    "found undefined tag handle": "an unknown tag: write a text that begins with '!' in quotes",
}
"""Beginning of a message of PyYAML that quotes a value, which may be a password without quotes → what is said."""


@contextmanager
def _marked() -> Iterator[None]:
    try:
        yield
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = error.problem or ""
        said = next((said for begin, said in _UNQUOTED.items() if problem.startswith(begin)), problem)
        raise ValueError(f"not valid YAML{place}: {said}") from None
    except (yaml.YAMLError, ValueError) as error:
        # A control character, or a scalar such as the date 2026-02-31: PyYAML marks neither.
        raise ValueError(f"not valid YAML: {str(error).splitlines()[0]}") from None


def yaml_of(value: object) -> str:
    """Return a value as YAML text: without anchors, long lines as they are, and texts of several lines as blocks."""
    return yaml.dump(value, Dumper=_ForPeople, sort_keys=False, allow_unicode=True, width=sys.maxsize)


class _ForPeople(yaml.SafeDumper):
    def ignore_aliases(self, _data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_ForPeople.add_representer(str, _text)


class _Unique(yaml.constructor.SafeConstructor):
    """PyYAML lets the last of equal keys win; Pulumi, which reads the same file, refuses them."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen: set[str] = set()
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"{key.value!r} is written twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return cast("dict[object, object]", super().construct_mapping(node, deep))


class _UniqueKeys(_Unique, yaml.SafeLoader):
    pass


class _Quick(_Unique, yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader):  # type: ignore[misc]
    """The same with libyaml, which takes a tenth of the time."""


class _Kubernetes(_UniqueKeys):
    """A loader that leaves dates as text."""

    yaml_implicit_resolvers = {
        first: [(tag, expression) for tag, expression in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
