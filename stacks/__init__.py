"""The typed declaration of a stack, its loader, and the Pulumi program that deploys it."""
