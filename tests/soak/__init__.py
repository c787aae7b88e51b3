"""The soak: months of an office's life on one real Keycloak, with faults, held to a model of the convention."""
