"""A Kubernetes control plane with Flux on this machine, as plain processes without containers."""
