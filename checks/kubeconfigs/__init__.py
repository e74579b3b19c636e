"""The store of kubeconfigs, one for each stack, and the credentials that other programs get from it."""
