"""New values: from standard input, a file, a command or a generator; never from an argument."""

import os
import shlex
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import anyio

from checks.errors import UncheckedError, UsageError
from checks.rotation import program
from stacks.model.rotation import ALPHANUMERIC, LONGEST_GENERATED, SHORTEST_GENERATED, characters, generated

LONGEST_BYTES = 1024 * 1024
"""Kubernetes allows no larger Secret."""
COMMAND_SECONDS = 300
_MOST_BYTES = LONGEST_BYTES + len("\r\n")


@dataclass(frozen=True)
class ValueSource:
    """Where a new value comes from: at most one of these; standard input without any."""

    file: Path | None = None
    command: str = ""
    length: int | None = None
    alphabet: str = ALPHANUMERIC

    def require_usable(self) -> None:
        """Check the options, before anything is done.

        Raises:
            UsageError: they contradict each other, or there is nothing to read.
        """
        given = [self.file is not None, bool(self.command), self.length is not None]
        if sum(given) > 1:
            raise UsageError("give one of --file, --command and --generate")
        if self.length is not None:
            _characters(self.alphabet)
            if not SHORTEST_GENERATED <= self.length <= LONGEST_GENERATED:
                raise UsageError(f"--generate: give a length of {SHORTEST_GENERATED} to {LONGEST_GENERATED} characters")
        elif not any(given) and sys.stdin.isatty():
            raise UsageError(
                "there is no value: send it to standard input, or give --file, --command or --generate; "
                "an argument would be visible to other users"
            )
        if self.command:
            split(self.command, "--command")

    async def read(self) -> bytes:
        """Return the value. An interrupt ends the wait for a pipe or a command.

        One line end is removed at the end of what a pipe or a command sends; a file is as it is.

        Raises:
            UsageError: there is none, it is too large, or it cannot be read.
            UncheckedError: the command failed.
        """
        if self.length is not None:
            return generated(self.length, _characters(self.alphabet)).encode()
        if self.file is not None:
            return _required(_content(self.file))
        return _required(_without_line_end(await (_output(self.command) if self.command else _standard_input())))


def require_text(value: bytes, key: str) -> str:
    """Return a value as text, as Pulumi keeps it.

    Raises:
        UsageError: it is binary.
    """
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise UsageError(f"the value of {key} is binary: encode it, for instance with base64") from None
    return text


def split(command: str, option: str) -> list[str]:
    """Return the words of a command; no shell runs it.

    Raises:
        UsageError: it has no words, or a quote is open.
    """
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"{option}: {error}: quote it as for a shell") from error
    if not words:
        raise UsageError(f"{option} is empty: name a program and its arguments")
    return words


def _characters(alphabet: str) -> str:
    try:
        return characters(alphabet)
    except ValueError as error:
        raise UsageError(f"--alphabet: {error}") from None


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(LONGEST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"--file: {file} cannot be read ({error.strerror}): name another file") from error


async def _standard_input() -> bytes:
    number, received = sys.stdin.fileno(), b""
    while len(received) <= _MOST_BYTES:
        # The content of a file is there, and the system refuses to wait for it.
        with suppress(PermissionError):
            await anyio.wait_readable(number)
        part = os.read(number, _MOST_BYTES + 1 - len(received))
        if not part:
            break
        received += part
    return received


async def _output(command: str) -> bytes:
    words = split(command, "--command")
    try:
        code, printed = await program.run(words, COMMAND_SECONDS, kept_bytes=_MOST_BYTES)
    except OSError as error:
        raise UsageError(f"--command: {words[0]} cannot be run ({error.strerror}): name another program") from error
    except TimeoutError:
        raise UncheckedError(f"--command: {words[0]} has not ended after {COMMAND_SECONDS} s: run it by hand") from None
    if code != 0 and len(printed) <= _MOST_BYTES:
        raise UncheckedError(f"--command: {words[0]} ended with {code}: run it by hand to find out why")
    return printed


def _without_line_end(value: bytes) -> bytes:
    return value.removesuffix(b"\n").removesuffix(b"\r")


def _required(value: bytes) -> bytes:
    if not value:
        raise UsageError("the value is empty: to remove a Secret, remove it from the declaration")
    if len(value) > LONGEST_BYTES:
        raise UsageError("the value is larger than 1 MiB, which no Secret can hold: keep it somewhere else")
    return value
