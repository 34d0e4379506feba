"""Ranks: many do what one does, agree or stop, and none is left behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest

from archspec.cli import launch, ranks
from archspec.cli.ranks import owner_of
from archspec.diagnostics import Stop
from archspec.runtime import distribute
from tests.runtime.training import (
    ENVIRONMENT,
    FULL,
    HOROVODRUN,
    LONG,
    PLAIN,
    ROOT,
    after_two_steps,
    assert_same_bits,
    command,
    finished,
    losses,
    metrics,
    needs_horovod,
    newest,
    spec_file,
    started,
    train,
)


@needs_horovod
def test_two_ranks_follow_one(images: Path, tmp_path: Path) -> None:
    spec = spec_file(tmp_path, PLAIN)
    assert train(spec, images, tmp_path / "one").returncode == 0
    done = train(spec, images, tmp_path / "two", "--np", "2")
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(losses(tmp_path / "one"), losses(tmp_path / "two"), rtol=1e-5)
    one, two = newest(tmp_path / "one").tensors, newest(tmp_path / "two").tensors
    assert one.keys() == two.keys()
    for name, value in one.items():
        np.testing.assert_allclose(two[name], value, rtol=1e-5, atol=1e-7, err_msg=name)
    # One rank alone prints and writes.
    assert done.stdout.count("trained 20 steps") == 1 and "[rank" not in done.stderr
    assert [line["step"] for line in metrics(tmp_path / "two")] == list(range(1, 21))
    assert len(os.listdir(tmp_path / "two" / "train")) == 1


@needs_horovod
def test_horovodrun_launches_it_and_ranks_that_disagree_stop(images: Path, tmp_path: Path) -> None:
    words = command(spec_file(tmp_path, PLAIN), images, tmp_path / "run", "--steps", "2", "--no-eval")
    horovodrun = [str(HOROVODRUN), "-np", "2", "--gloo", "env", f"PYTHONPATH={ROOT}"]
    done = finished([*horovodrun, *words])
    assert done.returncode == 0 and done.stdout.count("trained 2 steps") == 1, done.stderr
    words = ["sh", "-c", " ".join(words) + " --resume --batch $((8 + 4 * HOROVOD_RANK))"]
    # horovodrun prints a traceback of its own.
    done = subprocess.run([*horovodrun, *words], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode != 0 and "AS741 rank 1 has another" in done.stderr, done.stderr
    assert "bug in archspec" not in done.stderr


@needs_horovod
def test_signal_is_obeyed_by_all_ranks_and_they_go_on_in_every_bit(images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, LONG), tmp_path / "run"
    process = started(spec, images, run, "--np", "2")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    step = newest(run).step
    assert process.returncode == 1 and f"stopped by SIGINT at step {step} of 100000" in out, out + err
    assert out.splitlines()[-1].endswith("--resume --np 2")
    for folder, words in ((run, ["--resume"]), (tmp_path / "whole", [])):
        done = train(spec, images, folder, "--np", "2", "--steps", str(step + 3), *words)
        assert done.returncode == 0, done.stderr
    assert_same_bits(tmp_path / "whole", run)


SLOW_DISK = """import sys, time
from archspec.cli import main
from archspec.runtime import checkpoint
write = checkpoint.save
def save(*arguments):
    time.sleep(4)
    return write(*arguments)
checkpoint.save = save
sys.exit(main())
"""


@needs_horovod
def test_signal_to_all_ranks_saves_before_any_of_them_ends(images: Path, tmp_path: Path) -> None:
    """horovodrun ends the others as soon as one rank has failed; a large checkpoint takes longer than that."""
    (tmp_path / "slow_disk.py").write_text(SLOW_DISK)
    spec, run = spec_file(tmp_path, LONG), tmp_path / "run"
    words = command(spec, images, run, "--no-eval")[4:]
    worker = ["env", f"PYTHONPATH={ROOT}", sys.executable, "-P", str(tmp_path / "slow_disk.py"), *words]
    process = after_two_steps([str(HOROVODRUN), "-np", "2", "--gloo", *worker], run)
    for child in psutil.Process(process.pid).children(recursive=True):
        if child.cmdline()[:3] == worker[2:5]:
            child.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=120)
    assert f"at step {newest(run).step} of 100000" in out and "horovodrun -np 2 archspec" in out, out + err
    assert process.returncode == 1


@needs_horovod
def test_rank_that_dies_ends_the_others(images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, LONG), tmp_path / "run"
    process = started(spec, images, run, "--np", "2", "--save-every", "1")
    children = ranks_of(process)
    children[1].kill()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "rank 1 was ended by SIGKILL" in err, out + err
    assert "Traceback" not in err and "bug in archspec" not in err
    assert_ended(children)
    assert newest(run).step >= 1


@needs_horovod
def test_mistake_is_said_once_for_all_ranks(whole: Path, images: Path, tmp_path: Path) -> None:
    done = train(spec_file(tmp_path, LONG), images, whole, "--np", "2")
    assert done.returncode == 1 and done.stderr.startswith("AS733") and "rank" not in done.stderr, done.stderr
    done = train(spec_file(tmp_path, PLAIN), images, tmp_path / "run", "--np", "3")
    assert (done.returncode, "8 cannot be divided evenly over 3 ranks" in done.stderr) == (2, True)


def ranks_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The processes of the ranks, in their order."""
    found = psutil.Process(process.pid).children()
    assert len(found) == 2
    return sorted(found, key=lambda rank: int(rank.environ()["HOROVOD_RANK"]))


def assert_ended(processes: list[psutil.Process], seconds: float = 0) -> None:
    """None of them is left."""
    _, alive = psutil.wait_procs(processes, seconds)
    assert not [rank for rank in alive if rank.status() != psutil.STATUS_ZOMBIE]


@needs_horovod
def test_first_rank_that_dies_leaves_its_last_step_saved_by_another(images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, LONG), tmp_path / "run"
    process = started(spec, images, run, "--np", "2")
    children = ranks_of(process)
    children[0].kill()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1 and "rank 0 was ended by SIGKILL" in err, out + err
    assert_ended(children)
    # One step may be done by all ranks and written down by none.
    assert newest(run).step in (metrics(run)[-1]["step"], metrics(run)[-1]["step"] + 1)


@needs_horovod
def test_ranks_save_and_end_when_their_launcher_is_killed(images: Path, tmp_path: Path) -> None:
    spec, run = spec_file(tmp_path, LONG), tmp_path / "run"
    process = started(spec, images, run, "--np", "2")
    children = ranks_of(process)
    process.kill()
    process.communicate()
    assert_ended(children, seconds=60)
    assert newest(run).step == metrics(run)[-1]["step"] >= 2


@needs_horovod
def test_no_secret_is_on_a_command_line_and_no_port_is_open_to_others(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "A_SECRET", "s3cr3t")
    process = started(spec_file(tmp_path, LONG), images, tmp_path / "run", "--np", "2")
    try:
        everyone = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        assert all(each.environ()["A_SECRET"] == "s3cr3t" for each in everyone)
        assert not [each.cmdline() for each in everyone if "s3cr3t" in " ".join(each.cmdline())]
        listening = [c.laddr.ip for each in everyone for c in each.net_connections() if c.status == psutil.CONN_LISTEN]
        assert listening and set(listening) == {"127.0.0.1"}
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def test_owner_of_a_connection_is_known() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            assert owner_of(client.getsockname()[1], port) == os.getuid()
            assert owner_of(1, port) is None


@needs_horovod
def test_rank_that_is_stopped_is_waited_for_then_the_others_save(
    images: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENVIRONMENT, "ARCHSPEC_PATIENCE", "40")
    spec, run = spec_file(tmp_path, LONG), tmp_path / "run"
    process = started(spec, images, run, "--np", "2")
    children = ranks_of(process)
    children[1].suspend()
    _, err = process.communicate(timeout=120)
    assert process.returncode == 1 and newest(run).step == metrics(run)[-1]["step"], err
    assert f"rank 1 (process {children[1].pid}) is stopped, and the others wait for it, 40 s at most" in err
    assert f"the state after step {newest(run).step} is saved" in err
    assert_ended(children)


@needs_horovod
def test_second_signal_is_called_one(images: Path, tmp_path: Path) -> None:
    process = started(spec_file(tmp_path, LONG), images, tmp_path / "run", "--np", "2")
    children = ranks_of(process)
    # A rank that is stopped obeys the first signal too late.
    children[1].suspend()
    process.send_signal(signal.SIGINT)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1 and err.splitlines()[-2].startswith("AS745 the ranks were ended by SIGINT"), err
    assert "memory" not in err
    assert_ended(children)


@needs_horovod
def test_ranks_with_other_eval_sections_are_told_so(images: Path, tmp_path: Path) -> None:
    spec = spec_file(tmp_path, FULL)
    (tmp_path / "other.yaml").write_text(FULL.partition("eval:")[0].rstrip() + "\n")
    words = command(spec, images, tmp_path / "run")
    words[words.index(str(spec))] = '"$spec"'
    script = f"spec={tmp_path}/net.yaml; test $HOROVOD_RANK = 0 || spec={tmp_path}/other.yaml; {' '.join(words)}"
    with ranks.started(["sh", "-c", script], 2, {"PYTHONPATH": str(ROOT)}) as processes:
        said = [process.communicate(timeout=120) for process in processes]
    assert all("AS741 rank 1 has another spec or setting than rank 0" in err for _, err in said), said


HANGS = """
import ctypes, os, signal, sys, time
from archspec.runtime.stopping import Stopping
from archspec.runtime.waiting import Waiting
libc, mutex = ctypes.CDLL(None), ctypes.create_string_buffer(128)
with Stopping(), Waiting() as waiting:
    waiting.save = lambda: 41
    print("ready", flush=True)
    with waiting.until("the images of step 42", ending=1):
        libc.pthread_mutex_lock(mutex)
        libc.pthread_mutex_lock(mutex)  # for ever, and no signal interrupts it
"""


@pytest.mark.parametrize("signalled", [True, False], ids=["signal", "limit"])
def test_process_that_hangs_in_c_saves_and_ends(signalled: bool) -> None:
    words, patience = [sys.executable, "-P", "-c", HANGS], {"ARCHSPEC_PATIENCE": "600" if signalled else "3"}
    process = subprocess.Popen(words, env=ENVIRONMENT | patience, text=True, stdout=-1, stderr=-1)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    if signalled:
        process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)
    reason = r"was asked to end while it waited" if signalled else r"has waited 3 s"
    assert process.returncode == 1 and re.search(f"rank 0 {reason} for the images of step 42", err), err
    assert "the state after step 41 is saved" in err


def test_without_horovod_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "horovod.runner.gloo_run", None)
    with pytest.raises(Stop, match="Horovod is not installed") as caught:
        launch.launch(2, ["train", "net.yaml"])
    assert caught.value.diagnostics[0].code == "AS740"


def test_buckets_are_neighbours_of_about_the_same_size() -> None:
    sizes = [2**20, 10, 2**19, 2**19, 5, 2**20, 2**21]
    groups = distribute.in_buckets(sizes, 4)
    assert [position for group in groups for position in group] == list(range(len(sizes)))
    assert 3 <= len(groups) <= 4 and max(sum(sizes[i] for i in group) for group in groups) <= 2**21 + 15
    # What is small goes in one.
    assert distribute.in_buckets([3, 4, 5], 6) == [[0, 1, 2]]
    assert len(distribute.in_buckets([2**22] * 100, 6)) == 6
