"""Read the cluster for a verification: each resource once, however many checks need it."""
