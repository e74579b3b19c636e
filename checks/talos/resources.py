"""Resources of Talos that are read: over the Talos API, or with `talosctl get`."""

NAMESPACE = "runtime"
DIAGNOSTICS = "Diagnostics.runtime.talos.dev"
"""Problems that Talos has found on the node by itself; since Talos 1.8."""
EXTENSIONS = "ExtensionStatuses.runtime.talos.dev"
"""The system extensions in the image of the node."""
