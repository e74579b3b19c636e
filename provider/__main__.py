"""What the Pulumi engine starts as `pulumi-resource-kubernetes`."""

from provider.server import serve

if __name__ == "__main__":
    serve()
