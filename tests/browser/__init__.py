"""What a person does with the e-mail and the password: a real Chromium on a real Keycloak."""
