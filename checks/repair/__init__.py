"""Remove undeclared fields and objects from the cluster, which a deployment does not."""
