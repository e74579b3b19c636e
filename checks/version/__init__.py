"""Check the version of Kubernetes."""
