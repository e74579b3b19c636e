"""Entry point of the plugin process, which the Pulumi engine starts as `pulumi-resource-kubernetes`."""

import gc
import sys
from importlib.util import find_spec, module_from_spec

_GARBAGE_THRESHOLD = 100_000
"""How many new objects start the garbage collection."""


def _leave_out_sdk() -> None:
    """Allow imports of the protocol's classes without running the packages around them.

    Importing the whole SDK would double the start time of the plugin.
    """
    for package in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
        if found := find_spec(package):
            sys.modules[package] = module_from_spec(found)


if __name__ == "__main__":
    # Most objects are those of the imports, and no search for garbage would free them.
    gc.set_threshold(_GARBAGE_THRESHOLD)
    _leave_out_sdk()
    from provider.plugin_process import serve

    serve()
