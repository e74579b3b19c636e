"""New values: where they come from, and which are refused."""

import io
import string
import sys
from pathlib import Path

import pytest

from checks.errors import UncheckedError, UsageError
from checks.rotation.values import LONGEST_BYTES, ValueSource, require_text, split


class Pipe(io.TextIOWrapper):
    """Standard input that is not a terminal."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))


@pytest.mark.parametrize(
    ("sent", "value"),
    [(b"a\n", b"a"), (b"a\r\n", b"a"), (b"a\n\n", b"a\n"), (b"a", b"a"), (b"\xff\x00\n", b"\xff\x00")],
    ids=["line", "windows", "one-only", "none", "binary"],
)
def test_one_line_end_of_a_pipe_is_removed(sent: bytes, value: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Pipe(sent))
    assert ValueSource().read() == value


def test_a_file_is_taken_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "value"
    file.write_bytes(b"-----BEGIN-----\n")
    assert ValueSource(file).read() == b"-----BEGIN-----\n"


def test_a_command_is_run_without_a_shell() -> None:
    assert ValueSource(command="printf '%s' '$HOME; a'").read() == b"$HOME; a"


@pytest.mark.parametrize(
    ("alphabet", "characters"),
    [("alphanumeric", string.ascii_letters + string.digits), ("hex", "0123456789abcdef"), ("ab", "ab")],
)
def test_a_generated_value_has_its_length_and_alphabet(alphabet: str, characters: str) -> None:
    source = ValueSource(length=64, alphabet=alphabet)
    source.require_usable()
    value = source.read().decode()
    assert len(value) == 64
    assert set(value) <= set(characters)
    assert value != source.read().decode()


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
    monkeypatch.setattr(Pipe, "isatty", lambda self: True)
    monkeypatch.setattr(sys, "stdin", Pipe(b""))
    with pytest.raises(UsageError, match="an argument would be visible"):
        ValueSource().require_usable()


@pytest.mark.parametrize(
    ("sent", "said"),
    [(b"", "empty"), (b"\n", "empty"), (b"x" * (LONGEST_BYTES + 1), "1 MiB"), (b"x" * (LONGEST_BYTES + 99), "1 MiB")],
    ids=["nothing", "line", "large", "larger"],
)
def test_empty_and_large_values_are_refused(sent: bytes, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Pipe(sent))
    with pytest.raises(UsageError, match=said):
        ValueSource().read()


def test_a_value_of_exactly_the_limit_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", Pipe(b"x" * LONGEST_BYTES + b"\r\n"))
    assert len(ValueSource().read()) == LONGEST_BYTES


@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        (ValueSource(Path("/nowhere/at/all")), UsageError, "cannot be read"),
        (ValueSource(command="not-a-program-at-all"), UsageError, "cannot be run"),
        (ValueSource(command="sh -c 'echo very-secret; exit 3'"), UncheckedError, "ended with 3"),
    ],
    ids=["file", "program", "code"],
)
def test_what_cannot_be_read_is_said_without_a_value(source: ValueSource, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said) as raised:
        source.read()
    assert "very-secret" not in str(raised.value)


@pytest.mark.parametrize("value", [b"\xff\xfe", b"a\0b"], ids=["bytes", "nul"])
def test_pulumi_gets_no_binary_value(value: bytes) -> None:
    with pytest.raises(UsageError, match="is binary: encode it"):
        require_text(value, "key")


def test_an_empty_command_is_refused() -> None:
    with pytest.raises(UsageError, match="--before is empty"):
        split("  ", "--before")
