"""Runs a command and prints what it and its children took: ``python -m benchmarks.launcher COMMAND ...``.

A process of its own, because a child's peak memory counts from that of the process that started it.
"""

import json
import os
import subprocess
import sys
import time


def main() -> None:
    start = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    unit = 1 if sys.platform == "darwin" else 1024
    cpu, peak = used.ru_utime + used.ru_stime, used.ru_maxrss * unit
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak, "status": os.waitstatus_to_exitcode(status)}))


if __name__ == "__main__":
    main()
