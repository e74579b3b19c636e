"""Versions that code needs to know. The version of every tool is in its `tools/<name>/go.mod`.

To update a tool: `go get -tool <package>@<version>` in the tool's folder, change its constant here if there is
one, run `make test`. tests/local/test_toolchain.py fails if a constant and a go.mod file differ.
"""

KUBERNETES = "v1.34.4"
"""Built into the Kubernetes programs, which otherwise do not report a valid version."""

PULUMI = "v3.259.0"
"""The version of the Pulumi engine; pyproject.toml pins the SDK to the same version."""
