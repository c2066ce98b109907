"""Evidence packs, their verifier, and the population that samples are drawn from."""
