"""What leaves the portal with an evidence pack: its verifier, which knows nothing of ours."""
