"""Rules between the parts of a declaration, checked after the model has accepted each part alone."""
