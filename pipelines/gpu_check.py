"""Everything that only a GPU can say, in one go of at most eight minutes: ``make gpu-check``.

    python pipelines/gpu_check.py [--out FOLDER]

First whether CUDA answers what the processor answers (``tests/gpu``), then photos a second of both profiles
beside the straightforward script, the gpu profile's networks at full size (their weights random unless
``--fetched`` says that the real ones are here), and how busy the GPU was. Every part has a share of the
time and is ended when that is over; what it had said by then is kept. Prints as it goes and leaves a log
and the rows of each part in FOLDER. ``--device cpu --limit 2 --untrained tiny`` tries the program itself.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[1]


def parts(args: argparse.Namespace) -> list[tuple[str, int, list[str], dict[str, str]]]:
    """(name, seconds at most, command, environment) of each part, the most telling first."""
    bench = [
        "pipelines/bench.py",
        "throughput",
        "--device",
        args.device,
        "--limit",
        str(args.limit),
    ]
    random = [] if args.fetched else ["--untrained", args.untrained]
    large = [*bench, "--profile", "gpu", "--batch", "32", "--thumbnails", "inpaint-cloth", *random]

    def kept(name: str) -> list[str]:
        return ["--json", str(args.out / f"{name}.json")]

    return [
        ("parity", 150, ["-m", "pytest", "-m", "gpu", "tests/gpu", "-s", "--durations=0"],
         {} if args.device != "cpu" else {"WARDROBE_GPU_TESTS": "cpu"}),
        ("gpu", 200, [*large, *kept("gpu")], {}),
        ("small", 110, [*bench, "--batch", "32", *kept("small")], {}),
    ]  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    args = _arguments(argv)
    args.out.mkdir(parents=True, exist_ok=True)
    failed, began = [], time.monotonic()
    _run("what is here", 20, ["-c", HERE], {}, args.out)
    for name, seconds, command, environment in parts(args):
        if name not in args.only:
            continue
        if not _run(name, seconds, command, environment, args.out):
            failed.append(name)
    print(
        f"{time.monotonic() - began:.0f} s; {'failed: ' + ', '.join(failed) if failed else 'all ran'}"
    )
    return bool(failed)


#: Which card, driver and libraries the figures are of.
HERE = """
import torch, sys, os
print(sys.version.split()[0], "torch", torch.__version__, "CUDA", torch.version.cuda, os.cpu_count(), "cores")
for i in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
    p = torch.cuda.get_device_properties(i)
    print(p.name, f"{p.total_memory / 1e9:.0f} GB", "compute", f"{p.major}.{p.minor}")
"""


def _run(
    name: str, seconds: int, command: list[str], environment: dict[str, str], out: Path
) -> bool:
    print(f"== {name} (at most {seconds} s)", flush=True)
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    began = time.monotonic()
    with (out / f"{name.replace(' ', '-')}.log").open("w", encoding="utf-8") as log:
        running = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True,
            env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **environment},
            start_new_session=True,
        )  # fmt: skip
        ended = _watched(running, seconds, log)
    said = "ended after its time" if ended is None else f"exit {ended}"
    print(f"   {said}, {time.monotonic() - began:.0f} s", flush=True)
    return ended == 0


def _watched(running: subprocess.Popen[str], seconds: int, log: IO[str]) -> int | None:
    """Its exit code, its lines passed on; None where it took longer, and was ended with its children."""
    import signal
    import threading

    def end() -> None:
        late.append(True)
        os.killpg(running.pid, signal.SIGKILL)

    late: list[bool] = []
    timer = threading.Timer(seconds, end)
    timer.start()
    assert running.stdout is not None
    for line in running.stdout:
        print(line, end="", flush=True)
        log.write(line)
    code = running.wait()
    timer.cancel()
    return None if late else code


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--out", type=Path, default=ROOT / "out" / "gpu-check")
    p.add_argument("--device", default="cuda")
    p.add_argument("--limit", type=int, default=80, help="photos")
    p.add_argument("--fetched", action="store_true", help="the profile's own weights are here")
    p.add_argument("--untrained", choices=["full", "tiny"], default="full")
    p.add_argument("--only", nargs="+", default=["parity", "gpu", "small"])
    return p.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
