"""Read the Kubernetes API: connection, client, resources and models."""
