"""Check which declaration the cluster runs."""
