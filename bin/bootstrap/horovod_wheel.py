"""Builds the Horovod wheel against the environment's TensorFlow, once for a user, and keeps it in the user's cache."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import shutil
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from steps import SetupError, locked, run, user_cache

VERSION = "0.28.1"
# Horovod 0.28.1 is its last release, and TensorFlow 2.21 is newer: file, text that stands in it once, new text.
MENDS = (
    (  # the optional XLA operations include headers that are gone
        "horovod/tensorflow/CMakeLists.txt",
        'list(APPEND TF_SOURCES "${PROJECT_SOURCE_DIR}/horovod/tensorflow/xla_mpi_ops.cc")',
        "",
    ),
    (  # with GPUs: this function is gone too, and would be missed when the library is loaded; here is what it did
        "horovod/tensorflow/mpi_ops.cc",
        "// Undef LOG macro from TensorFlow",
        """#if HAVE_GPU
namespace stream_executor { namespace gpu {
GpuStreamHandle AsGpuStreamValue(Stream* stream) {
  return static_cast<GpuStreamHandle>(stream->platform_specific_handle().stream);
}
} }
#endif
""",
    ),
)
SETTINGS = {
    "HOROVOD_WITH_TENSORFLOW": "1",
    "HOROVOD_WITHOUT_PYTORCH": "1",
    "HOROVOD_WITHOUT_MXNET": "1",
    "HOROVOD_WITH_GLOO": "1",
    "HOROVOD_WITHOUT_MPI": "1",
    "CMAKE_POLICY_VERSION_MINIMUM": "3.5",  # CMake 4 refuses the older one that Gloo asks for
    "CXXFLAGS": "-include cstdint",  # GCC 13 and later no longer include it on the way
}
# What a user may set to steer a build for GPUs; each is a part of the key, so that another choice is another wheel.
STEERING = (
    "HOROVOD_CUDA_HOME",
    "HOROVOD_NCCL_HOME",
    "HOROVOD_NCCL_INCLUDE",
    "HOROVOD_NCCL_LIB",
    "HOROVOD_NCCL_LINK",
    "HOROVOD_BUILD_CUDA_CC_LIST",
    "HOROVOD_BUILD_ARCH_FLAGS",
    "HOROVOD_ALLOW_MIXED_GPU_IMPL",
)
OPERATIONS = ("none", "NCCL")
TOOLS = (
    ("CXX", "c++", "a C++ compiler", "Debian, Ubuntu: apt-get install g++; Fedora: dnf install gcc-c++"),
    ("HOROVOD_CMAKE", "cmake", "CMake", "Debian, Ubuntu: apt-get install cmake; Fedora: dnf install cmake"),
    ("MAKE", "make", "make", "Debian, Ubuntu: apt-get install make; Fedora: dnf install make"),
)
BYTES_PER_COMPILER = 2 * 2**30  # one compiler over TensorFlow's headers
PROCESSOR_MINUTES = 4  # of one whole build

Pip = Callable[..., list[str]]


def recipe_hash() -> str:
    """Eight digits that change when the recipe does."""
    return hashlib.sha256(repr((VERSION, MENDS, sorted(SETTINGS.items()))).encode()).hexdigest()[:8]


def jobs() -> int:
    """How many compilers to run at once: one to a processor, fewer where memory is short."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return max(1, min(processors, memory // BYTES_PER_COMPILER))


class HorovodWheel:
    """The wheel for one TensorFlow, Python, platform, choice of GPU operations and recipe."""

    def __init__(self, root: Path, locks: Path, operations: str) -> None:
        if operations not in OPERATIONS:
            known = " or ".join(OPERATIONS)
            raise SetupError(f"HOROVOD_GPU_OPERATIONS is {operations}, which can't be built here. Set it to {known}.")
        self.requirement = root / "requirements" / "horovod.txt"
        self.operations = operations
        lock = (locks / "train.txt").read_text()
        self.tensorflow = re.findall(r"^tensorflow==([\w.]+)", lock, re.MULTILINE)[0]
        self.cache = user_cache("wheels")
        self.folder = self.cache / self.key()

    def key(self) -> str:
        """The name of its folder in the cache."""
        steering = [os.environ.get(name) for name in STEERING] if self.operations != "none" else []
        recipe = hashlib.sha256(f"{recipe_hash()}{steering}".encode()).hexdigest()[:8]
        place = re.sub(r"\W+", "_", f"{sysconfig.get_platform()}_{''.join(platform.libc_ver())}")
        python = f"cp{sys.version_info.major}{sys.version_info.minor}"
        return f"horovod-{VERSION}-tensorflow-{self.tensorflow}-{python}-{place}-{self.operations.lower()}-{recipe}"

    def built(self) -> bool:
        """Whether it is in the cache."""
        return self.folder.is_dir()

    def require_tools(self, environment: Path) -> None:
        """Raises SetupError with a line for each missing tool, unless the wheel needs no building."""
        if self.built():
            return
        if " " in str(environment):
            remedy = "Name a folder without one in ARCHSPEC_VENV."
            raise SetupError(f"Horovod can't be built in {environment}: its path has a space. {remedy}")
        named = [((os.environ.get(variable) or tool).split()[0], what, how) for variable, tool, what, how in TOOLS]
        missing = [f"{what} (`{tool}`). {how}." for tool, what, how in named if not shutil.which(tool)]
        if self.operations != "none" and not self.cuda_compiler():
            missing.append("the CUDA toolkit (`nvcc`). Install NVIDIA's, and set HOROVOD_CUDA_HOME to its folder.")
        if missing:
            lines = "\n  ".join(missing)
            raise SetupError(f"Horovod is built here once, and for that is missing:\n  {lines}\nThen run it again.")

    def cuda_compiler(self) -> str | None:
        """The path of nvcc."""
        home = os.environ.get("HOROVOD_CUDA_HOME") or "/usr/local/cuda"
        return shutil.which("nvcc", path=f"{home}/bin") or shutil.which("nvcc")

    def provide(self, pip: Pip, log: Path) -> None:
        """Puts it into the cache, when it is not there."""
        with locked(self.folder.with_name(f"{self.folder.name}.lock"), str(self.folder)):
            if not self.built():
                self.build(pip, log)

    def installed(self, site_packages: Path) -> bool:
        """Whether just this one is there; pip writes down where it installed a file from."""
        origin = site_packages / f"horovod-{VERSION}.dist-info" / "direct_url.json"
        return origin.is_file() and json.loads(origin.read_text())["url"] == self.file().as_uri()

    def file(self) -> Path:
        """The wheel in the cache."""
        return next(self.folder.glob("*.whl"))

    def install(self, pip: Pip, log: Path) -> None:
        """Installs it from the cache."""
        wheel = self.file()
        command = pip("install", "--no-index", "--no-deps", "--force-reinstall", str(wheel))
        run(f"installing Horovod {VERSION}", "5 s", command, log)

    def build(self, pip: Pip, log: Path) -> None:
        """Downloads, checks, mends and compiles it, and puts it into the cache with one rename."""
        for leftover in self.cache.glob(f"{self.folder.name}.building-*"):
            shutil.rmtree(leftover)
        with tempfile.TemporaryDirectory(prefix=f"{self.folder.name}.building-", dir=self.cache) as name:
            building, wheels = Path(name), Path(name) / "wheels"
            download = pip("download", "--no-deps", "--no-build-isolation", "--no-binary", ":all:", "--dest", name)
            download += ["--require-hashes", "--requirement", str(self.requirement)]
            run(f"downloading Horovod {VERSION}", "10 s", download, log)
            source = str(mended_source(building))
            make = pip("wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(wheels), source)
            title = f"building Horovod {VERSION} for TensorFlow {self.tensorflow}, once; {jobs()} compilers at a time"
            run(title, f"{-(-PROCESSOR_MINUTES // jobs())} min", make, log, self.variables(make[0]))
            wheels.rename(self.folder)

    def variables(self, python: str) -> dict[str, str]:
        """The environment variables of the build, which `python` runs."""
        path = f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}"
        flags = f"{SETTINGS['CXXFLAGS']} {os.environ.get('CXXFLAGS', '')}".strip()
        gpu = {} if self.operations == "none" else {"HOROVOD_GPU_OPERATIONS": self.operations}
        return {**SETTINGS, **gpu, "CXXFLAGS": flags, "MAKEFLAGS": f"-j{jobs()}", "PATH": path}


def mended_source(folder: Path) -> Path:
    """The source tree from the archive in `folder`, with its mends."""
    with tarfile.open(folder / f"horovod-{VERSION}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    source = folder / f"horovod-{VERSION}"
    for name, old, new in MENDS:
        text = (source / name).read_text()
        if text.count(old) != 1:
            raise SetupError(f"{name} of Horovod {VERSION} is not as expected, so it can't be mended for TensorFlow.")
        (source / name).write_text(text.replace(old, new))
    return source
