"""Reads the file of a plan, and what the plan refers to: the token, the keys and the stack."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from pydantic import ValidationError

from checks.bootstrap.plan import Plan
from checks.errors import UsageError
from stacks.loader import load
from stacks.model.declaration import Declaration
from stacks.model.talos import Talos
from stacks.model.validation_errors import sentences


@dataclass(frozen=True)
class Planned:
    """A plan, the file that it is from, and the stack that it deploys."""

    file: Path
    plan: Plan
    project: Path
    """The folder of the Pulumi project."""
    declaration: Declaration
    """The declaration of the stack."""

    def on_talos(self) -> Declaration:
        """Return the declaration of the stack with the port and the context of the Talos API of the plan."""
        known = self.declaration.talos or Talos()
        talos = known.model_copy(update={"port": self.plan.talos.port, "context": self.plan.cluster})
        return self.declaration.model_copy(update={"talos": talos})

    def path(self, relative: str) -> Path:
        """Return a path of the plan, which is relative to it."""
        return self.file.parent / relative


@dataclass(frozen=True)
class Token:
    """An API token of Proxmox."""

    user: str
    name: str
    secret: str = field(repr=False)


def read_plan(file: Path) -> Plan:
    """Return the plan of a file.

    Raises:
        UsageError: it cannot be read, or breaks a rule; each fault has its own line.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the plan {file}: {error.strerror or error}: name another file") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"the plan {file} is not YAML: {str(error).splitlines()[0]}: correct it") from error
    try:
        plan = Plan.model_validate(content)
        faults = [*plan.faults()]
    except ValidationError as error:
        faults = sentences(error, Plan)
    if faults:
        raise UsageError("\n".join(f"{file.name}: {one}" for one in faults))
    return plan


def read_planned(file: Path, project: Path) -> Planned:
    """Return the plan of a file with its stack.

    Raises:
        UsageError: the plan is wrong, or does not go with the stack.
        DeclarationError: the stack file is wrong.
    """
    plan = read_plan(file)
    declaration = load(plan.stack, project)
    declared = declaration.talos
    for name, value, wanted in (
        ("port", declared and declared.port, plan.talos.port),
        ("context", declared and declared.context, plan.cluster),
        ("controlPlanes", declared and declared.control_planes, len(plan.control_planes)),
    ):
        if value is not None and value != wanted:
            raise UsageError(
                f"{file.name}: stack {plan.stack} declares talos.{name} {value}, and the plan says {wanted}: "
                "correct one of them"
            )
    return Planned(file, plan, project, declaration)


def read_token(planned: Planned) -> Token:
    """Return the API token of Proxmox.

    Raises:
        UsageError: there is none, or it is not a token.
    """
    proxmox = planned.plan.proxmox
    if proxmox.token_file is not None:
        source = str(planned.path(proxmox.token_file))
        try:
            text = Path(source).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"proxmox.tokenFile: cannot read {source}: correct the path, or its access") from error
    else:
        source = f"variable {proxmox.token_variable}"
        text = os.environ.get(str(proxmox.token_variable), "")
    who, _, secret = text.strip().partition("=")
    user, _, name = who.partition("!")
    if not (user and name and secret):
        raise UsageError(f"proxmox: {source} has no API token: write it as USER@REALM!NAME=SECRET")
    return Token(user, name, secret)
