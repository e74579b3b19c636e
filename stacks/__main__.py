"""The Pulumi program. The language host runs this folder; the project's packages are installed beside it."""

import os
from pathlib import Path

import pulumi

from components import secret_values
from stacks import private_memory
from stacks.errors import DeclarationError
from stacks.loader import read
from stacks.program import deploy

_CONFIGURATION = "PULUMI_CONFIG"
"""The environment variable with the decrypted configuration of the stack."""


def main() -> None:
    """Deploy the stack that the engine has selected.

    Raises:
        pulumi.RunError: the declaration is wrong or a secret is missing.
    """
    private_memory.protect()
    # The SDK has read it. Credential plugins of a kubeconfig run in this environment, and would get all secrets.
    os.environ.pop(_CONFIGURATION, None)
    root = Path(__file__).resolve().parent.parent
    stack = pulumi.get_stack()
    try:
        loaded = read(stack, root)
    except DeclarationError as error:
        raise pulumi.RunError(str(error)) from None
    for warning in loaded.warnings:
        pulumi.log.warn(warning)
    declaration = loaded.declaration
    secret_values.require_own_passphrase(declaration, stack, root)
    for name, value in deploy(declaration, root).items():
        pulumi.export(name, value)


if __name__ == "__main__":
    main()
