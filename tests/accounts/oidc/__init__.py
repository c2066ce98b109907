"""Sign-in with OpenID Connect, against a provider that also lies."""
