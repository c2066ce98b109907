"""Priming, pure: facts go in, checked Kubernetes objects come out. Nothing here talks."""
