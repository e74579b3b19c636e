"""What `cortex config get` and `cortex config diff` show, as text."""

from collections.abc import Iterator
from difflib import unified_diff
from typing import TextIO

from checks.config.difference import DiffReport
from checks.config.keys import KeyChange
from checks.config.live import Content
from checks.formats.text import details, write_parts
from checks.plain_text import clean, shortened

LONGEST_LINE = 500
"""Characters of a line in a diff."""


def write_content(report: Content, out: TextIO) -> None:
    """Write the keys and values; a value of several lines is indented below its key."""
    for key, value in report.data.items():
        if "\n" in value.rstrip("\n"):
            out.write(f"{clean(key)}: |\n")
            out.write("".join(f"  {clean(line)}\n" for line in value.removesuffix("\n").split("\n")))
        else:
            out.write(clean(f"{key}: {value}").rstrip() + "\n")
    for key in report.binary_keys:
        out.write(f"{clean(key)}: (binary)\n")


def write_value(report: Content, out: TextIO) -> None:
    """Write the value of the only key: to a terminal cleaned and with a last line break, else exactly as it is."""
    (value,) = report.data.values()
    if out.isatty():
        value = "".join(f"{clean(line)}\n" for line in value.removesuffix("\n").split("\n"))
    out.write(value)


def write_diff(report: DiffReport, out: TextIO) -> None:
    """Write what differs, key by key, and what could not be read."""
    for each in report.config_maps:
        if each.present is None:
            continue
        place = clean(f"ConfigMap {each.namespace}/{each.name}")
        if not each.present:
            out.write(f"{place} does not exist\n")
        elif not each.keys:
            out.write(f"{place} is as declared\n")
        else:
            out.write(f"{place} differs\n")
            for change in each.keys:
                out.write("".join(f"  {line}\n" for line in diff_lines(change, "declared", "live")))
    write_parts(details((), (), report.unknowns), out)


def diff_lines(change: KeyChange, old: str, new: str) -> Iterator[str]:
    """Yield a unified diff of a key's values, fit for a terminal; `old` and `new` say what the values are."""
    before, after = change.before, change.after
    yield clean(f"--- {change.key} ({old}{', absent' if before is None else ''})")
    yield clean(f"+++ {change.key} ({new}{', absent' if after is None else ''})")
    ends = before is not None and after is not None and before.endswith("\n") != after.endswith("\n")
    diff = unified_diff(_lines(before, mark=ends), _lines(after, mark=ends), lineterm="")
    for line in list(diff)[2:]:
        yield clean(shortened(line, LONGEST_LINE))


def _lines(value: str | None, *, mark: bool) -> list[str]:
    """Return the lines of a value; if `mark`, one that does not end in a line break says so."""
    if value is None:
        return []
    lines = value.split("\n")
    if lines[-1] == "":
        lines.pop()
    elif mark:
        lines.append("\\ No newline at the end")
    return lines
