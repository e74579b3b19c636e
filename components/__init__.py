"""The parts of a stack as Pulumi components, one noun a module; each reads its piece of the declaration."""
