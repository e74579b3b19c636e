"""The Pulumi components of a stack. Each registers the manifests of one part of the declaration.

The engine identifies a resource by its URN: the types of its parents, its own type and its logical name. A resource
that is renamed or moved needs an alias, or the engine deletes the live object and makes another: in a component,
`pulumi.ResourceOptions(aliases=[pulumi.Alias(name="old-name")])` on what was renamed, and
`aliases=[pulumi.Alias(parent=old)]` on what moved to another component. The API version of an object is part of its
type: `aliases=[pulumi.Alias(type_="kubernetes:GROUP/OLD:Kind")]`. tests/components/urns.txt holds all of them.
"""
