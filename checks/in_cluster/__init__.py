"""Writes the result of a verification in the cluster: a ConfigMap and a termination message."""
