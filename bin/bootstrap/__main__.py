"""Makes a stage of the project's own environment: `python bin/bootstrap STAGE FOLDER`. Standard library only."""

from __future__ import annotations

import sys
from pathlib import Path

from horovod_wheel import HorovodWheel
from lock_files import STAGES, has_horovod
from steps import SetupError, locked, say
from virtual_environment import VirtualEnvironment

ROOT = Path(__file__).resolve().parents[2]


def set_up(stage: str, environment: VirtualEnvironment) -> None:
    """Makes `stage` ready; only renews the date of its stamp when nothing is to do."""
    with locked(environment.lock, str(environment.folder)):
        operations = environment.operations()
        if environment.has(stage, operations):
            environment.finish(STAGES[stage], operations)
            return
        environment.log.write_text("")
        wheel = HorovodWheel(environment.root, environment.locks, operations)
        if has_horovod(stage):
            wheel.require_tools(environment.folder)
        environment.make()
        environment.install(stage, operations)
        # From here on what needs no Horovod works, whatever becomes of that.
        environment.finish([lock for lock in STAGES[stage] if lock != "ranks"], operations)
        if has_horovod(stage):
            add_horovod(wheel, environment)
            environment.finish(STAGES[stage], operations)
        say(f"{environment.folder} is ready (stage {stage})")


def add_horovod(wheel: HorovodWheel, environment: VirtualEnvironment) -> None:
    """Builds the wheel, unless the user's cache has it, and installs it, unless it is installed."""
    wheel.provide(environment.pip, environment.log)
    if not wheel.installed(environment.site_packages):
        with environment.changing():
            wheel.install(environment.pip, environment.log)


def main(arguments: list[str]) -> int:
    """The exit status: 0 ready, 1 a sentence says why not, 130 stopped by the user."""
    stage, folder = arguments
    try:
        set_up(stage, VirtualEnvironment(ROOT, Path(folder)))
    except SetupError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("stopped; the next run makes up for it")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
