"""Run Pulumi for a stack, and read and restore the encrypted text of a secret in its stack file."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import anyio
import yaml

from checks.errors import UncheckedError, UsageError
from checks.output import show
from checks.plain_text import brief, clean
from checks.pulumi_process import interrupted_if_cancelled, require_pulumi

SECTION = "secrets"
"""The Pulumi config namespace of secrets."""
_UNSPECIFIC = (" error occurred:", "update failed", "preview failed")
"""The ends of lines that only say that there is an error."""
_LOCKED = "the stack is currently locked"


class DeploymentFailedError(UncheckedError):
    """Pulumi could not deploy the stack."""


@dataclass(frozen=True)
class PulumiStack:
    """A stack of a project."""

    stack: str
    project: Path
    log: Path
    """The private file that gets what Pulumi says."""
    lock: int
    """The handle of the lock that Pulumi keeps while it runs."""
    kubeconfig: Path | None = None
    """The kubeconfig, if it is not the one of the environment."""

    @property
    def file(self) -> Path:
        """Return the stack file."""
        return self.project / f"Pulumi.{self.stack}.yaml"

    def sealed(self, key: str) -> str | None:
        """Return the encrypted text of a secret in the stack file; None if it is not set as a secret.

        Raises:
            UsageError: the file cannot be read.
        """
        try:
            document = yaml.safe_load(self.file.read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise UsageError(f"{self.file} cannot be read: correct it") from error
        entry = (document.get("config") or {}).get(f"{SECTION}:{key}")
        found = entry.get("secure") if isinstance(entry, dict) else None
        return found if isinstance(found, str) else None

    async def set_secret(self, key: str, value: str) -> None:
        """Write a secret, encrypted, into the stack file; the value goes through a pipe.

        Raises:
            UncheckedError: Pulumi refuses it.
        """
        # Without --path, since a key may have dots. Pulumi removes one line end.
        await self._run(["config", "set", "--secret", f"{SECTION}:{key}"], f"{value}\n")

    def restore(self, key: str, sealed: str) -> None:
        """Put the encrypted text of a secret back into the stack file, which stays as it is otherwise.

        Raises:
            UncheckedError: the file does not have the secret as Pulumi writes it.
        """
        current = self.sealed(key)
        if current == sealed:
            return
        text = self.file.read_text(encoding="utf-8")
        if current is None or text.count(current) != 1:
            raise UncheckedError(
                f"{SECTION}:{key} in {self.file} is not as it was written: restore the file from version control"
            )
        show(text.replace(current, sealed), self.file)

    async def require_deployed(self) -> None:
        """Check that a deployment would change nothing.

        Raises:
            UsageError: it would, or cannot be previewed.
        """
        try:
            await self._run(["preview", "--expect-no-changes", "--non-interactive"])
        except DeploymentFailedError as error:
            raise UsageError(
                f"a rotation deploys nothing else, and stack {self.stack} is not as declared: {error}; "
                f"run `pulumi up --stack {self.stack}` first"
            ) from error

    async def up(self, *, refresh: bool = False) -> None:
        """Deploy the stack.

        Raises:
            DeploymentFailedError: Pulumi failed.
            UncheckedError: another Pulumi has the stack.
        """
        read = ["--refresh"] if refresh else []
        await self._run(["up", "--yes", "--skip-preview", "--non-interactive", *read])

    async def _run(self, arguments: list[str], given: str | None = None) -> None:
        """Run Pulumi. An interrupt or a timeout is passed on to it, so that it releases the stack."""
        command = [require_pulumi("keeps the values of this stack"), *arguments, "--stack", self.stack]
        names = {"KUBECONFIG": str(self.kubeconfig.absolute())} if self.kubeconfig else {}
        handle = os.open(self.log, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            # An interrupt while the process begins would leave it without one.
            with anyio.CancelScope(shield=True):
                # Into a file: with a pipe, Pulumi would end in the middle of a deployment when this process is killed.
                process = await anyio.open_process(
                    command,
                    cwd=self.project,
                    env={**os.environ, **names},
                    stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
                    stdout=handle,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    pass_fds=(self.lock,),
                )
        finally:
            os.close(handle)
        async with interrupted_if_cancelled(process):
            if process.stdin and given is not None:
                await process.stdin.send(given.encode())
                await process.stdin.aclose()
            code = await process.wait()
        if code != 0:
            self._fail(arguments, code)

    def _fail(self, arguments: list[str], code: int) -> None:
        lines = [clean(line).strip() for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines()]
        errors = [line for line in lines if line.startswith(("error:", "* ")) and not line.endswith(_UNSPECIFIC)]
        said = errors[:1] or [line for line in lines if line][-1:] or ["it said nothing"]
        shown = f"`pulumi {arguments[0]}` ended with {code}: {brief(said[0].removeprefix('* '))}"
        if any(_LOCKED in line for line in lines):
            raise UncheckedError(
                f"{shown}: wait until the other deployment has ended, or run `pulumi cancel --stack {self.stack}` if "
                "there is none; then run this command again"
            )
        raise DeploymentFailedError(shown)
