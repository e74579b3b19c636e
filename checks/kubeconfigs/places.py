"""Where the store and the cached tokens are.

`cortex credential` runs before each call of kubectl: this module imports only what Python itself has loaded. `typing`
or `pathlib` would double the time of a call.
"""

import os
import sys

_LONGEST_NAME = 200
"""File systems allow 255 characters, and a new file has some more until it gets its name."""
_KEPT = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-")


def state_folder() -> str:
    """Return the user's state folder of cortex."""
    if sys.platform != "linux":
        from platformdirs import user_state_path

        return str(user_state_path("cortex"))
    # As platformdirs has it, whose import takes longer than all else here.
    given = os.environ.get("XDG_STATE_HOME", "").strip()
    return os.path.join(given or os.path.expanduser("~/.local/state"), "cortex")


def store_folder() -> str:
    """Return the folder of the store."""
    return os.path.join(state_folder(), "kubeconfig")


def stored_file(stack: str) -> str:
    """Return the file of a stack in the store."""
    return os.path.join(store_folder(), f"{stack}.yaml")


def tokens_folder(stack: str) -> str:
    """Return the folder of the cached tokens of a stack."""
    return os.path.join(state_folder(), "tokens", stack)


def token_file(stack: str, account: str, audience: str) -> str:
    """Return the file of a cached token."""
    name = f"{_quoted(account)}_{_quoted(audience)}"
    if len(name) > _LONGEST_NAME:
        import hashlib

        name = hashlib.sha256(name.encode()).hexdigest()
    return os.path.join(tokens_folder(stack), name)


def _quoted(text: str) -> str:
    return "".join(one if one in _KEPT else f"%{ord(one):x}" for one in text)
