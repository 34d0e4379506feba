"""Makes a stage of the project's own environment: `python bin/bootstrap STAGE FOLDER`. Standard library only."""

from __future__ import annotations

import sys
from pathlib import Path

from horovod_wheel import HorovodWheel
from steps import SetupError, locked, say
from virtual_environment import VirtualEnvironment

ROOT = Path(__file__).resolve().parents[2]


def set_up(stage: str, environment: VirtualEnvironment) -> None:
    """Makes `stage` ready; only renews the date of its stamp when nothing is to do."""
    with locked(environment.lock, str(environment.folder)):
        operations = environment.operations()
        if environment.has(stage, operations):
            environment.finish(stage, operations)
            return
        environment.log.write_text("")
        wheel = None if stage == "core" else HorovodWheel(environment.root, operations)
        if wheel:
            wheel.require_tools(environment.folder)
        environment.make()
        environment.install(stage, operations)
        environment.finish("core", operations)  # from here on lint works, whatever becomes of Horovod
        if wheel:
            wheel.provide(environment.pip, environment.log)
            with environment.changing():
                wheel.install(environment.pip, environment.log)
        environment.finish(stage, operations)
        say(f"{environment.folder} is ready (stage {stage})")


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
