"""Rotation on a schedule: which Secrets get new values by themselves, and the CronJob that makes them."""

import re
import secrets
import string
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from stacks.model import cron, names
from stacks.model.client import Client
from stacks.model.image import Image
from stacks.model.namespace import Compute
from stacks.model.resources import Limits, Resources
from stacks.model.types import LEFT_OUT, FileKey, Model, matching

SHORTEST_GENERATED, LONGEST_GENERATED = 8, 4096
ALPHABETS: Mapping[str, str] = {
    "alphanumeric": string.ascii_letters + string.digits,
    "hex": "0123456789abcdef",
    "digits": string.digits,
    "url": string.ascii_letters + string.digits + "-_",
}
ALPHANUMERIC = "alphanumeric"

_HOURS_PER_DAY = 24
_INTERVAL = re.compile(r"([1-9][0-9]{0,3})(d|h)")


def characters(alphabet: str) -> str:
    """Return the characters of an alphabet, each once; an alphabet without a name is its own characters.

    Raises:
        ValueError: it has fewer than two, or one that cannot be printed.
    """
    found = "".join(dict.fromkeys(ALPHABETS.get(alphabet, alphabet)))
    if len(found) < 2 or not found.isprintable():
        raise ValueError(f"give {', '.join(ALPHABETS)}, or at least two characters")
    return found


def generated(length: int, alphabet: str) -> str:
    """Return a new value of so many of these characters."""
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _usable(alphabet: str) -> str:
    characters(alphabet)
    return alphabet


def hours(interval: str) -> int:
    """Return the hours of an interval, such as 90d or 12h; 0 for anything else."""
    found = _INTERVAL.fullmatch(interval)
    return int(found[1]) * (_HOURS_PER_DAY if found[2] == "d" else 1) if found else 0


def days(interval: str) -> int:
    """Return the days of an interval, rounded up; 0 for anything else."""
    return -(-hours(interval) // _HOURS_PER_DAY)


class Generator(Model):
    """How a new value is generated."""

    length: Annotated[int, Field(strict=True, ge=SHORTEST_GENERATED, le=LONGEST_GENERATED)] = 40
    """How many characters it has."""
    alphabet: Annotated[str, AfterValidator(_usable)] = ALPHANUMERIC
    """`alphanumeric`, `hex`, `digits`, `url`, or the characters themselves."""

    def value(self) -> str:
        """Return a new value."""
        return generated(self.length, characters(self.alphabet))


class Rotation(Model):
    """A rotation on a schedule, by the CronJob of `cortex:rotator`."""

    every: Annotated[str, matching(_INTERVAL.pattern, "an interval: write for instance 90d or 12h")]
    """The age from which the value is replaced, in days or hours."""
    key: Annotated[FileKey | None, LEFT_OUT] = None
    """The key to replace, if the Secret has several."""
    generator: Generator = Generator()
    """How the new value is generated."""


class Rotator(Model):
    """A CronJob in cortex-system that rotates the Secrets with `rotation` that are due."""

    image: Image
    """The image with the checks; without tag and digest it is looked up in the image lock."""
    schedule: Annotated[str, AfterValidator(cron.check)] = "17 3 * * *"
    """When it looks for Secrets that are due, in UTC (five cron fields)."""
    resources: Resources = Resources(
        requests=Compute(cpu="100m", memory="128Mi"), limits=Limits(cpu="1", memory="512Mi")
    )
    """CPU and memory of its container."""


def rotator_client() -> Client:
    """Return the rotator's pods as a client; each MCP server that reads a rotated Secret admits it."""
    return Client(namespace=names.SYSTEM_NAMESPACE, labels={names.APP: names.ROTATOR})
