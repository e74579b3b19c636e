"""Step 7: `pulumi up` of the stack with the new kubeconfig, and its verification."""

import os
import subprocess
from collections import deque
from dataclasses import replace

import anyio
from anyio.streams.text import TextReceiveStream

from checks.bootstrap.access import connection, plain_file
from checks.bootstrap.run import Run
from checks.errors import UncheckedError
from checks.plain_text import brief, clean
from checks.pulumi_process import interrupted_if_cancelled, require_pulumi
from checks.results.result import Report
from checks.verification.verify import verify

PURPOSE = "deploys the stack"
"""What Pulumi is needed for."""
_LAST_LINES = 15
_MOST_REASONS = 3


async def deploy(run: Run, _seconds: float) -> str:
    """Deploy the stack, and verify it."""
    stack, program = run.plan.stack, require_pulumi(PURPOSE)
    await _pulumi(run, [program, "stack", "select", "--create", stack, "--non-interactive"])
    await _pulumi(run, [program, "up", "--stack", stack, "--yes", "--skip-preview", "--non-interactive"])
    reached = replace(connection(run), talosconfig=run.talosconfig())
    report = await verify(stack, run.planned.declaration, reached)
    if report.exit_code != 0:
        raise UncheckedError(
            f"stack {stack} is deployed, but its verification does not pass: {'; '.join(_reasons(report))}: "
            f"`{_without_others()}cortex verify {stack}` shows all of it"
        )
    return f"stack {stack} is deployed and verified"


def _without_others() -> str:
    """Return what begins a command that is to use the stored kubeconfig, over which KUBECONFIG has precedence."""
    return "env -u KUBECONFIG " if os.environ.get("KUBECONFIG") else ""


def _reasons(report: Report) -> list[str]:
    """Return the first findings and unknowns."""
    findings = [f"{one.object}: {one.message}" for each in report.results for one in each.findings]
    unknowns = [f"{one.what}: {one.message}" for each in report.results for one in each.unknowns]
    return [*findings, *unknowns][:_MOST_REASONS]


async def _pulumi(run: Run, command: list[str]) -> None:
    """Run Pulumi, and show what it says; if time is up, it gets an interrupt, so that it releases its lock."""
    environment = {**os.environ, "KUBECONFIG": str(plain_file(run))}
    last: deque[str] = deque(maxlen=_LAST_LINES)
    process = await anyio.open_process(
        command, cwd=run.planned.project, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )
    async with interrupted_if_cancelled(process):
        if process.stdout:
            rest = ""
            async for text in TextReceiveStream(process.stdout, errors="replace"):
                *lines, rest = (rest + text).split("\n")
                for line in filter(str.strip, lines):
                    last.append(clean(line))
                    run.say(f"  {clean(line)}")
        code = await process.wait()
    if code != 0:
        said = next((line for line in last if "error:" in line), last[-1] if last else "it said nothing")
        raise UncheckedError(f"`{' '.join(['pulumi', *command[1:]])}` ended with {code}: {brief(said.strip())}")
