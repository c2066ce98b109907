#!/usr/bin/env python3
"""Write modules/<group>/go.mod and go.sum anew from versions.toml. Needs Go and the network."""

import subprocess
import sys

from localcluster import exits, golang, versions
from localcluster.says import complain, say


def main() -> int:
    for group in versions.groups():
        group.folder.mkdir(parents=True, exist_ok=True)
        (group.folder / "go.mod").write_text(versions.go_mod(group))
        try:
            golang.require(versions.oldest_go(), group.folder)
            golang.tidy(group.folder)
        except golang.GoMissing as missing:
            complain(str(missing))
            return exits.GO_MISSING
        except subprocess.CalledProcessError:
            complain(f"{group.name}: `go mod tidy` failed, see above.")
            return exits.FAILED
        say(f"{group.name} {group.version} pinned")
    return exits.FINE


if __name__ == "__main__":
    sys.exit(main())
