"""The typed declaration of a stack. It imports neither Pulumi nor Kubernetes."""
