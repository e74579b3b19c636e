"""New values: where they come from, and which are refused."""

import os
import string
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from unittest import mock

import anyio
import pytest

from checks.errors import UncheckedError, UsageError
from checks.rotation.values import LONGEST_BYTES, ValueSource, require_text, split


@contextmanager
def sent(content: bytes) -> Iterator[None]:
    """Let standard input be a pipe with this content."""
    reader, writer = os.pipe()
    sender = Thread(target=_write, args=[writer, content])
    sender.start()
    with os.fdopen(reader) as pipe, mock.patch.object(sys, "stdin", pipe):
        yield
    sender.join()


def _write(writer: int, content: bytes) -> None:
    # What is too long is not read to its end.
    with suppress(BrokenPipeError), open(writer, "wb") as pipe:
        pipe.write(content)


@pytest.mark.parametrize(
    ("content", "value"),
    [(b"a\n", b"a"), (b"a\r\n", b"a"), (b"a\n\n", b"a\n"), (b"a", b"a"), (b"\xff\x00\n", b"\xff\x00")],
    ids=["line", "windows", "one-only", "none", "binary"],
)
def test_one_line_end_of_a_pipe_is_removed(content: bytes, value: bytes) -> None:
    with sent(content):
        assert anyio.run(ValueSource().read) == value


def test_a_file_can_be_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "value").write_text("a\n")
    with (tmp_path / "value").open() as opened:
        monkeypatch.setattr(sys, "stdin", opened)
        assert anyio.run(ValueSource().read) == b"a"


@pytest.mark.parametrize("source", [ValueSource(), ValueSource(command="sleep 600")], ids=["pipe", "command"])
def test_the_wait_for_a_value_can_be_ended(source: ValueSource, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()

    async def main() -> None:
        with anyio.move_on_after(0.2) as scope:
            await source.read()
        assert scope.cancelled_caught

    with os.fdopen(reader) as pipe, os.fdopen(writer, "w"):
        monkeypatch.setattr(sys, "stdin", pipe)
        anyio.run(main)


def test_a_file_is_taken_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "value"
    file.write_bytes(b"-----BEGIN-----\n")
    assert anyio.run(ValueSource(file).read) == b"-----BEGIN-----\n"


def test_a_command_is_run_without_a_shell() -> None:
    assert anyio.run(ValueSource(command="printf '%s' '$HOME; a'").read) == b"$HOME; a"


@pytest.mark.parametrize(
    ("alphabet", "characters"),
    [("alphanumeric", string.ascii_letters + string.digits), ("hex", "0123456789abcdef"), ("ab", "ab")],
)
def test_a_generated_value_has_its_length_and_alphabet(alphabet: str, characters: str) -> None:
    source = ValueSource(length=64, alphabet=alphabet)
    source.require_usable()
    value = anyio.run(source.read).decode()
    assert len(value) == 64
    assert set(value) <= set(characters)
    assert value != anyio.run(source.read).decode()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (ValueSource(Path("a"), "b"), "give one of --file, --command and --generate"),
        (ValueSource(length=7), "8 to 4096"),
        (ValueSource(length=5000), "8 to 4096"),
        (ValueSource(length=20, alphabet="a"), "at least two characters"),
        (ValueSource(command="'a"), "quote it"),
    ],
    ids=["two", "short", "long", "alphabet", "quote"],
)
def test_wrong_options_are_refused(source: ValueSource, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        source.require_usable()


def test_a_terminal_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    with pytest.raises(UsageError, match="an argument would be visible"):
        ValueSource().require_usable()


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "empty"), (b"\n", "empty"), (b"x" * (LONGEST_BYTES + 1), "1 MiB"), (b"x" * (LONGEST_BYTES + 99), "1 MiB")],
    ids=["nothing", "line", "large", "larger"],
)
def test_empty_and_large_values_are_refused(content: bytes, said: str) -> None:
    with sent(content), pytest.raises(UsageError, match=said):
        anyio.run(ValueSource().read)


def test_a_value_of_exactly_the_limit_is_taken() -> None:
    with sent(b"x" * LONGEST_BYTES + b"\r\n"):
        assert len(anyio.run(ValueSource().read)) == LONGEST_BYTES


@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        (ValueSource(Path("/nowhere/at/all")), UsageError, "cannot be read"),
        (ValueSource(command="not-a-program-at-all"), UsageError, "cannot be run"),
        (ValueSource(command="sh -c 'echo very-secret; exit 3'"), UncheckedError, "ended with 3"),
        (ValueSource(command="yes very-secret"), UsageError, "larger than 1 MiB"),
    ],
    ids=["file", "program", "code", "endless"],
)
def test_what_cannot_be_read_is_said_without_a_value(source: ValueSource, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said) as raised:
        anyio.run(source.read)
    assert "very-secret" not in str(raised.value)


@pytest.mark.parametrize("value", [b"\xff\xfe", b"a\0b"], ids=["bytes", "nul"])
def test_pulumi_gets_no_binary_value(value: bytes) -> None:
    with pytest.raises(UsageError, match="is binary: encode it"):
        require_text(value, "key")


def test_an_empty_command_is_refused() -> None:
    with pytest.raises(UsageError, match="--before is empty"):
        split("  ", "--before")
