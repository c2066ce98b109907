"""Sign-in with OpenID Connect: people whom an identity provider of the organisation vouches for."""
