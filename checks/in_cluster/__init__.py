"""What a verification inside the cluster leaves behind: a ConfigMap, and a termination message."""
