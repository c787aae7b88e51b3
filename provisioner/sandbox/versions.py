"""The one place where the version of Keycloak for trials and tests is pinned (never below 26.7.2)."""

KEYCLOAK_VERSION = "26.7.3"
KEYCLOAK_IMAGE = f"keycloak/keycloak:{KEYCLOAK_VERSION}"
KEYCLOAK_ARTIFACT = f"org.keycloak:keycloak-quarkus-dist:{KEYCLOAK_VERSION}:tar.gz"
