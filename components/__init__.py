"""The parts of a stack as Pulumi components, one noun a module; each reads its piece of the declaration.

The engine knows a resource by its URN: the types of its parents, its own type and its logical name. Whoever renames or
moves one says so, or the engine deletes the live object and makes another: in a component,
`pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old-name")])` on what was renamed, and
`aliases=[pulumi.Alias(parent=old)]` on what moved to another component. The API version of an object is part of its
type: `aliases=[pulumi.Alias(type_="kubernetes:GROUP/OLD:Kind")]`. tests/components/urns.txt holds all of them.
"""
