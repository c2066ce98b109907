"""The watch: connections to clusters, apply and read adapters, observed state."""
