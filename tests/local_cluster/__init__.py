"""Fast tests of the local control plane's scripts: nothing is built, started or asked for."""
