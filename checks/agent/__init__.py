"""`cortex agent`: follow a cluster's events and objects, log, react and export, for weeks (R8)."""
