"""Entry point of the plugin process, which the Pulumi engine starts as `pulumi-resource-kubernetes`."""

import sys
from importlib.util import find_spec, module_from_spec


def _leave_out_sdk() -> None:
    """Allow imports of the protocol's classes without running the packages around them.

    Importing the whole SDK would double the start time of the plugin.
    """
    for package in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
        if found := find_spec(package):
            sys.modules[package] = module_from_spec(found)


if __name__ == "__main__":
    _leave_out_sdk()
    from provider.plugin_process import serve

    serve()
