"""Tests of what a cluster is joined with: the portal's rights and the guards around them."""
