"""Supervision of components: each starts when those that it needs are healthy, and is restarted if it ends."""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.node import health
from local.node.status import ComponentStatus, NodeStatus, Phase, State
from local.node_plan import Component, Plan
from local.waiting import wait_until

HEALTHY_WITHIN_SECONDS = 90.0
STOPPED_WITHIN_SECONDS = 1.5
_FIRST_BACKOFF_SECONDS = 1.0
_LAST_BACKOFF_SECONDS = 30.0
_TICK_SECONDS = 0.1
_RESTARTS_WHILE_STARTING = 2
_PR_SET_PDEATHSIG = 1


@dataclass
class _Running:
    component: Component
    process: subprocess.Popen[bytes]
    started: float
    backoff: float = _FIRST_BACKOFF_SECONDS
    start_again_at: float | None = None


class Supervisor:
    """Runs a plan until SIGTERM or SIGINT. As process 1 of a namespace it also reaps orphaned processes."""

    def __init__(self, plan: Plan, check_health: Callable[[str], str] = health.check) -> None:
        self._plan = plan
        self._health = check_health
        self._status = NodeStatus()
        self._running: list[_Running] = []
        self._stopping = False

    def run(self) -> bool:
        """Run the components until a signal, then stop them. Return False if one never became healthy."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop_soon)
        while not self._stopping and self._status.phase != "failed":
            if self._status.phase == "starting":
                self._start_ready()
            time.sleep(_TICK_SECONDS)
            self._reap()
            for running in self._running:
                self._step(running, self._status.components[running.component.name], time.monotonic())
        self._stop()
        return self._status.phase != "failed"

    def _stop_soon(self, *_: object) -> None:
        self._stopping = True

    def _start_ready(self) -> None:
        """Start each component whose needs are met; when all have settled, the node is ready."""
        settled = {name for name, state in self._status.components.items() if state.state in {"healthy", "done"}}
        for component in self._plan.components:
            if component.name not in self._status.components and settled.issuperset(component.needs):
                self._status.components[component.name] = ComponentStatus("starting")
                self._running.append(_Running(component, self._spawn(component), time.monotonic()))
                self._save_status()
        if len(settled) == len(self._plan.components):
            self._save_status(phase="ready")

    def _step(self, running: _Running, state: ComponentStatus, now: float) -> None:
        """Do the next step for a component: check its health, record that it ended, or restart it."""
        status, once = running.process.returncode, running.component.once
        if status is None and state.state == "starting":
            self._check_health(running, state, now)
        elif status == 0 and once:
            if state.state != "done":
                self._set_state(state, "done", now - running.started)
        elif status is not None and once:
            self._fail(running.component, f"it ended with status {status}")
        elif status is not None and running.start_again_at is None:
            self._plan_restart(running, state, now)
        elif status is not None and now >= (running.start_again_at or 0):
            running.process = self._spawn(running.component)
            running.started, running.start_again_at = now, None
            self._set_state(state, "starting", 0)

    def _check_health(self, running: _Running, state: ComponentStatus, now: float) -> None:
        if not running.component.once:
            state.message = self._health(running.component.health)
            if not state.message:
                self._set_state(state, "healthy", now - running.started)
                return
        if self._status.phase == "starting" and now - running.started > HEALTHY_WITHIN_SECONDS:
            self._fail(running.component, f"not healthy in {HEALTHY_WITHIN_SECONDS:.0f} s: {state.message}")

    def _fail(self, component: Component, wrong: str) -> None:
        self._status.components[component.name].state = "failed"
        self._save_status(phase="failed", message=f"{component.name}: {wrong}")

    def _set_state(self, state: ComponentStatus, what: State, seconds: float) -> None:
        state.state, state.seconds = what, round(seconds, 1)
        self._save_status()

    def _plan_restart(self, running: _Running, state: ComponentStatus, now: float) -> None:
        steady = now - running.started > 2 * _LAST_BACKOFF_SECONDS
        running.backoff = _FIRST_BACKOFF_SECONDS if steady else min(running.backoff * 2, _LAST_BACKOFF_SECONDS)
        running.start_again_at = now + running.backoff
        state.restarts += 1
        state.message = f"ended with status {running.process.returncode}"
        self._set_state(state, "restarting", now - running.started)
        if self._status.phase == "starting" and state.restarts > _RESTARTS_WHILE_STARTING:
            self._fail(
                running.component, f"it ended repeatedly, the last time with status {running.process.returncode}"
            )

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for running in self._running:
                if running.process.pid == pid:
                    running.process.returncode = os.waitstatus_to_exitcode(status)

    def _spawn(self, component: Component) -> subprocess.Popen[bytes]:
        log = Path(self._plan.logs) / f"{component.name}.log"
        with log.open("ab") as output:
            return subprocess.Popen(
                component.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"PATH": self._plan.path, "HOME": "/", "LANG": "C.UTF-8"},
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )

    def _stop(self) -> None:
        """End the components, in reverse order of their start. The kernel kills the rest with this process."""
        if self._status.phase != "failed":
            self._save_status(phase="stopping")
        for running in reversed(self._running):
            if running.process.returncode is None:
                running.process.terminate()
        wait_until(self._all_ended, STOPPED_WITHIN_SECONDS)
        for running in self._running:
            if running.process.returncode is None:
                running.process.kill()
                running.process.wait()

    def _all_ended(self) -> bool:
        self._reap()
        return all(running.process.returncode is not None for running in self._running)

    def _save_status(self, phase: Phase | None = None, message: str = "") -> None:
        if phase is not None:
            self._status.phase, self._status.message = phase, message
        self._status.save(Path(self._plan.status))


def _die_with_parent() -> None:
    """Make the kernel kill the child process if the supervisor dies without stopping it."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
