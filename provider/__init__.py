"""The `kubernetes` resource plugin for machines that cannot download the official one.

The API server merges, defaults and validates; this package translates between the Pulumi engine and it. Nothing here
is loaded where the official plugin is installed.
"""
