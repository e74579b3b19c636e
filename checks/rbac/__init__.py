"""What RBAC grants: roles and bindings, as declared or live, read as the API server's authorizer reads them."""
