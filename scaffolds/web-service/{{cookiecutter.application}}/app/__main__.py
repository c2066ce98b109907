"""Starts the server and stops it on SIGTERM: `python -m app`."""

import os

from app import logs
from app.server import run

logs.set_up()
run(
    port=int(os.environ.get("PORT", {{ cookiecutter.port | tojson }})),
    drain_seconds=float(os.environ.get("DRAIN_SECONDS", "3")),
)
