"""Check kube-state-metrics and what it reports about the cluster."""
