"""The versions that code has to repeat. A tool's own version stands in its `tools/<name>/go.mod`.

To update one: `go get -tool <package>@<version>` in the tool's folder, change the constant here where there is one,
run `make test`. tests/local/test_toolchain.py fails where a constant and its go.mod disagree.
"""

KUBERNETES = "v1.34.4"
"""Stamped into the Kubernetes programs, which otherwise report no version that clients can read."""

PULUMI = "v3.259.0"
"""The Pulumi engine; pyproject.toml pins the SDK of the same version."""
