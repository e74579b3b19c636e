"""A step in progress is one line on a terminal, and rare lines in a log."""

import io
import re

from local.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(text: str) -> str:
    return re.sub(r" +\d+\.\d s  ", "", text)


def test_on_a_terminal_waiting_is_overwritten() -> None:
    out = Terminal()
    progress = Progress(out)
    progress.wait("building … 1 s")
    progress.wait("building … 2 s")
    progress.say("built")
    assert shown(out.getvalue()) == "building … 1 s\r\x1b[Kbuilding … 2 s\r\x1b[Kbuilt\n"


def test_in_a_log_waiting_is_rare() -> None:
    out = io.StringIO()
    progress = Progress(out)
    progress.say("building")
    for second in range(5):
        progress.wait(f"building … {second} s")
    assert shown(out.getvalue()) == "building\n"
