"""The `cortex` command, but that the kernel kills it (SIGKILL) at an entry of the journal: before or after it.

The variable KILL names the entry: before or after, its event, its step, and which of these: after:done:etcd:1.
"""

import os
import signal

from checks.bootstrap.journal import Journal
from checks.cli import main as cli
from checks.connection import api_server
from tests.checks.patient import forgiving

WHEN, EVENT, STEP, NUMBER = os.environ["KILL"].split(":")
write = Journal.write


def deadly(self: Journal, event: str, step: str = "", **details: str | int) -> None:
    earlier = sum(one.step == step for one in self.of(event))
    met = (event, step, earlier + 1) == (EVENT, STEP, int(NUMBER))
    if met and WHEN == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    write(self, event, step, **details)
    if met:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    Journal.write = deadly  # type: ignore[method-assign]
    api_server._threshold = forgiving
    cli.main()
