"""The exit codes of the scripts, so that a Makefile or a test can tell the causes apart."""

FINE = 0
FAILED = 1
# 2 is argparse's, for a wrong call.
GO_MISSING = 3
NOT_BUILT = 4
STATE_IN_USE = 5
INTERRUPTED = 130
