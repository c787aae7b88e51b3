"""What tests of several folders share: an office and its console, a proxy before Keycloak, realms, examples."""
