"""What a verification reads of the cluster: each resource once, however many checks need it."""
