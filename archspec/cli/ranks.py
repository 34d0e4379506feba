"""Processes of this machine that find each other as Horovod's ranks, over the loopback interface alone.

horovodrun writes every variable of the environment into the command line of each rank, for all users of the machine to
read, and its rendezvous server takes anybody's word from any interface. Here ranks inherit the environment, and the
server, Horovod's own, listens on 127.0.0.1 and answers this user's processes.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

from archspec.diagnostics import stop
from archspec.launched import LIFELINE

_LOOPBACK = "127.0.0.1"


@contextmanager
def started(command: Sequence[str], count: int, more: dict[str, str]) -> Iterator[list[subprocess.Popen[str]]]:
    """`count` processes of a command, by rank, with these variables too; raises Stop where they cannot be started.

    Each has a session of its own, so that Ctrl-C comes to the launcher alone. Their output is to be read.
    """
    server, environments = _rendezvous(count)
    ours, theirs = os.pipe()
    processes: list[subprocess.Popen[str]] = []
    try:
        for environment in environments:
            environment |= {**more, LIFELINE: str(ours), "PYTHONUNBUFFERED": "1"}
            processes.append(_process(command, environment, ours))
        os.close(ours)
        yield processes
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
        os.close(theirs)
        server.shutdown()
        server.server_close()


def _process(command: Sequence[str], environment: dict[str, str], lifeline: int) -> subprocess.Popen[str]:
    try:
        return subprocess.Popen(
            command,
            env={**os.environ, **environment},
            pass_fds=[lifeline],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as problem:
        help = "end other processes, or use fewer ranks"
        raise stop("AS744", f"a rank cannot be started: {problem.strerror}", help=help) from None


def _rendezvous(count: int) -> tuple[Any, list[dict[str, str]]]:
    """(the running server through which ranks find each other, each rank's part of the environment)."""
    try:
        from horovod.runner.common.util.hosts import HostInfo, get_host_assignments
        from horovod.runner.gloo_run import create_run_env_vars, create_slot_env_vars
        from horovod.runner.http.http_server import RendezvousHandler, RendezvousHTTPServer
    except ImportError:
        help = "use bin/archspec of a checkout, which builds it, or leave out --np"
        raise stop("AS740", "Horovod is not installed, so ranks cannot be launched", help=help) from None

    class OwnServer(RendezvousHTTPServer):  # type: ignore[misc]
        """Answers the processes of this user; a request of another one is closed unread."""

        def verify_request(self, request: Any, client_address: tuple[str, int]) -> bool:
            owner = owner_of(client_address[1], self.server_address[1])
            return owner in (None, os.getuid())

    slots = get_host_assignments([HostInfo("localhost", count)], count)
    server = OwnServer((_LOOPBACK, 0), RendezvousHandler, 0)
    server.init(slots)
    Thread(target=server.serve_forever, daemon=True).start()
    shared = create_run_env_vars(_LOOPBACK, [_interface()], str(server.server_address[1]))
    return server, [{**shared, **create_slot_env_vars(slot)} for slot in slots]


def _interface() -> str:
    """The name of the loopback interface."""
    import psutil

    found = psutil.net_if_addrs().items()
    return next((name for name, addresses in found if any(a.address == _LOOPBACK for a in addresses)), "lo")


def owner_of(port: int, server: int) -> int | None:
    """The user whose socket on the loopback interface is connected from a port to the server's; None if unknown.

    Read from Linux's table of sockets; other systems have none.
    """
    table = Path("/proc/net/tcp")
    if not table.is_file():
        return None
    wanted = f"0100007F:{port:04X}", f"0100007F:{server:04X}"
    rows = (line.split() for line in table.read_text().splitlines()[1:])
    return next((int(row[7]) for row in rows if (row[1], row[2]) == wanted), None)
