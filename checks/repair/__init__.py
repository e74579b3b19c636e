"""Puts right what is on the cluster though nobody declared it, which a deployment leaves as it is."""
