"""Several ranks on this machine: horovodrun around the same command, with its own noise left out."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import IO

import archspec
from archspec.diagnostics import stop

_FROM_RANK = re.compile(r"\[(\d+)\]<(stdout|stderr)>:(.*)", re.DOTALL)


def launch(ranks: int, words: list[str]) -> int:
    """Run `archspec WORDS` on so many ranks; the exit code, 0 where all ranks ended well. Raises Stop."""
    package = str(Path(archspec.__file__).parents[1])
    worker = ["env", f"PYTHONPATH={package}", sys.executable, "-P", "-m", "archspec", *words]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    process = subprocess.Popen(
        [_horovodrun(), "-np", str(ranks), "--gloo", *worker],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        text=True,
        # Ctrl-C comes to us; horovodrun gets one SIGTERM of ours for it, not two signals.
        start_new_session=True,
    )
    assert process.stdout is not None and process.stderr is not None
    noise: list[str] = []
    readers = [Thread(target=_pass_on, args=(stream, noise)) for stream in (process.stdout, process.stderr)]
    for reader in readers:
        reader.start()
    before = [signal.signal(number, lambda *_: process.terminate()) for number in (signal.SIGINT, signal.SIGTERM)]
    code = process.wait()
    for reader in readers:
        reader.join()
    for number, handler in zip((signal.SIGINT, signal.SIGTERM), before, strict=True):
        signal.signal(number, handler)
    if code and not any("exited with non-zero" in line for line in noise):
        # It failed before a rank could say why.
        sys.stderr.writelines(noise)
    return 1 if code else 0


def _horovodrun() -> str:
    beside = Path(sys.executable).with_name("horovodrun")
    found = str(beside) if beside.is_file() else shutil.which("horovodrun")
    if found is None:
        help = "use bin/archspec of a checkout, which builds Horovod, or leave out --np"
        raise stop("AS740", "there is no horovodrun, so ranks cannot be launched", help=help)
    return found


def _pass_on(stream: IO[str], noise: list[str]) -> None:
    """Write what the ranks say, rank 0 without a prefix; keep what horovodrun itself says."""
    for line in stream:
        match = _FROM_RANK.match(line)
        if match is None:
            noise.append(line)
            continue
        target = sys.stdout if match[2] == "stdout" else sys.stderr
        target.write(match[3] if match[1] == "0" else f"[rank {match[1]}] {match[3]}")
        target.flush()
