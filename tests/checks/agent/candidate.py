"""A program that takes part in the election, and prints a line when it leads: KUBECONFIG CONTEXT NAME."""

import signal
import sys
from pathlib import Path

import anyio

from checks.agent.leader import Election
from checks.kube.client import ApiClient
from checks.kube.connection import from_kubeconfig


async def _lead() -> None:
    sys.stdout.write("leads\n")
    sys.stdout.flush()
    await anyio.sleep_forever()


async def main(kubeconfig: str, context: str, name: str) -> None:
    """Take part until SIGTERM."""
    async with from_kubeconfig(context, Path(kubeconfig)).client() as client:
        with anyio.open_signal_receiver(signal.SIGTERM) as signals:
            async with anyio.create_task_group() as group:
                group.start_soon(Election(ApiClient(client), name).run, _lead)
                async for _ in signals:
                    group.cancel_scope.cancel()
                    break


if __name__ == "__main__":
    _, kubeconfig, context, name = sys.argv
    anyio.run(main, kubeconfig, context, name)
