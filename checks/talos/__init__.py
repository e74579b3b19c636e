"""Ask the Talos API of the nodes, and join the answers with what Kubernetes says of them."""
