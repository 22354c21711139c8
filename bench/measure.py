"""Runs a command and writes what the operating system says it used: measure.py OUT.json COMMAND [ARG ...]"""

import json
import resource
import subprocess
import sys
import time

out, command = sys.argv[1], sys.argv[2:]
began = time.monotonic()
code = subprocess.call(command)
seconds = time.monotonic() - began
used = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(out, "w") as file:
    json.dump(
        {
            "code": code,
            "seconds": seconds,
            "cpuSeconds": used.ru_utime + used.ru_stime,
            # Linux counts in kilobytes, macOS in bytes.
            "peakBytes": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
        },
        file,
    )
sys.exit(code)
