"""Check that the declared workloads are healthy."""
