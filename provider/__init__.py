"""The `kubernetes` resource plugin for machines that cannot download the official one.

The API server merges, defaults and validates. This package translates between it and the Pulumi engine. Where the
official plugin is installed, Pulumi never starts this one.
"""
