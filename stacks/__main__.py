"""The Pulumi program. The language host runs this folder; the project's packages are installed beside it."""

import gc
import os
from pathlib import Path

import pulumi

_CONFIGURATION = "PULUMI_CONFIG"
"""The environment variable with the decrypted configuration of the stack."""
_DEBUG = "CORTEX_DEBUG"
"""The environment variable with which libraries log."""
_GARBAGE_THRESHOLD = 100_000
"""How many new objects start the garbage collection."""


def main() -> None:
    """Deploy the stack that the engine has selected.

    Raises:
        pulumi.RunError: the declaration is wrong or a secret is missing.
    """
    _save_time()
    from components import secret_values
    from stacks import private_memory
    from stacks.errors import DeclarationError
    from stacks.loader import read
    from stacks.program import deploy

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


def _save_time() -> None:
    """Leave out what takes a sixth of the processor time of a preview, and has no effect on the deployment."""
    # Most objects are those of the imports, and no search for garbage would free them.
    gc.set_threshold(_GARBAGE_THRESHOLD)
    if not os.environ.get(_DEBUG):
        # The SDK sends five debug messages a resource, and waits for the engine each time.
        pulumi.log.debug = _say_nothing


def _say_nothing(*_: object, **__: object) -> None:
    pass


if __name__ == "__main__":
    main()
