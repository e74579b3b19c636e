"""The base of all parts of the declaration, and the types of their fields."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Model(BaseModel):
    """A frozen part of the declaration, in camelCase in YAML as in Kubernetes; unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
    )


class Hashed(Model):
    """A part of the declaration, or the whole, of which objects of the cluster bear the hash."""

    def digest(self) -> str:
        """Return its hash: 64 hex digits of SHA-256 over its canonical JSON."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()

    def canonical(self) -> str:
        """Return it as JSON, the same for equal ones: with all defaults, and with sorted keys.

        It has the keys of secrets, never their values, except for literals.
        """
        return json.dumps(self.model_dump(mode="json", by_alias=True), sort_keys=True, separators=(",", ":"))


def _is_unset(value: object) -> bool:
    return value is None or value is False or value in ((), {}, "")


LEFT_OUT = Field(exclude_if=_is_unset)
"""For settings that are off by default: unset, they are not in the published declaration.

So a new setting changes neither the hash nor the objects of a stack that does not use it.
"""


LEFT_OUT_IF_NONE = Field(exclude_if=lambda value: value is None)
"""The same for a setting of which `false` has a meaning."""


def spelled_out(default: object, accepted: object) -> BeforeValidator:
    """Return a validator that takes the `default` of Kubernetes, spelled out, as not given.

    `accepted` is the type of the setting for the JSON Schema.
    """

    def check(value: object) -> object:
        return None if value == default and type(value) is type(default) else value

    return BeforeValidator(check, json_schema_input_type=accepted)


@dataclass(frozen=True, slots=True)
class _Matching(AfterValidator):
    """A validator whose pattern is in the JSON Schema, for editors."""

    pattern: str

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}


def matching(pattern: str, rule: str, *, shown: bool = True) -> AfterValidator:
    """Return a validator for texts that match as a whole; `rule` completes the sentence "'x' is not …".

    A text that is not `shown` may be a secret that is written in the wrong place.
    """
    expression = re.compile(pattern)

    def check(value: str) -> str:
        if not expression.fullmatch(value):
            raise ValueError(f"{repr(value) if shown else 'the text'} is not {rule}")
        return value

    return _Matching(check, pattern)


DnsLabel = Annotated[
    str,
    matching(
        r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?",
        "a DNS label: use at most 63 of a-z, 0-9 and '-', and begin and end with a letter or digit",
    ),
]
"""A name that Kubernetes accepts for namespaces (RFC 1123 label, at most 63 characters)."""

_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"

DnsSubdomain = Annotated[
    str,
    Field(max_length=253),
    matching(
        _SUBDOMAIN,
        "a DNS subdomain: use a-z, 0-9, '-' and '.', with a letter or digit around each '.'",
    ),
]
"""A name that Kubernetes accepts for most objects (RFC 1123 subdomain, at most 253 characters)."""

LabelKey = Annotated[
    str,
    matching(
        rf"((?![^/]{{254}}){_SUBDOMAIN}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?",
        "a label key: use at most 63 letters, digits, '-', '_' and '.', with or without a 'domain/' in front",
    ),
]
"""The key of a Kubernetes label."""

LabelValue = Annotated[
    str,
    matching(
        r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?",
        "a label value: use at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends",
    ),
]
"""The value of a Kubernetes label: at most 63 characters."""

ENV_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,252}"

EnvName = Annotated[
    str,
    matching(
        ENV_NAME,
        "an environment variable: use at most 253 letters, digits and '_', and do not begin with a digit",
    ),
]
"""The name of an environment variable. It can be the key of a Secret, so it is no longer than one."""

FileKey = Annotated[
    str,
    matching(
        r"(?!\.\.)(?!\.$)[-._A-Za-z0-9]{1,253}",
        "a file name: use at most 253 letters, digits, '-', '_' and '.', and do not begin with '..'",
    ),
]
"""A key of a ConfigMap or Secret, which is also the file's name when it is mounted."""

LARGEST = 2**31 - 1
"""Kubernetes stores numbers of seconds, pods and others in 32 bits."""

Count = Annotated[int, Field(strict=True, ge=1, le=LARGEST)]
"""A whole number from 1; `strict`, because otherwise `yes` in YAML would be 1."""

Seconds = Annotated[int, Field(strict=True, ge=0, le=LARGEST)]
"""A time in whole seconds, from 0."""

Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
"""A TCP port."""

Folder = Annotated[
    str,
    matching(
        r"(/(?!\.{1,2}(/|$))[-A-Za-z0-9_.]+)+",
        "a folder: write for instance /etc/talos, without '..' and without '/' at the end",
    ),
]
"""The absolute path of a folder in a container."""
