"""The parser of Kubernetes, built from its pinned module: a process that answers line by line."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcluster import golang

MODULE = Path(__file__).with_name("kubernetes_yaml")


class Refused(Exception):
    """Kubernetes does not read the text; the message has its words."""


@dataclass
class Parser:
    """Reads YAML as an API server does."""

    process: subprocess.Popen[str]

    def read(self, text: str) -> Any:
        """Return what Kubernetes reads. Raises Refused."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(text) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "refused" in answer:
            raise Refused(answer["refused"])
        return answer["read"]


def build(folder: Path) -> Path:
    """Build the program into the folder and return its path."""
    program = folder / "kubernetes-yaml"
    golang.build(".", module=MODULE, ldflags="-s -w", into=program)
    return program


def started(program: Path) -> Parser:
    return Parser(
        subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    )
