#!/usr/bin/python3
"""What overviews and views cost, beside sysdig's chisels on the same calls.

    bench_inspect.py REEL CAPTURE SCAP ROUNDS

CAPTURE is a recording, SCAP the same calls exported for sysdig, - for none. Times are the least of several rounds,
of the whole program, by the clock and of processors. The two programs take turns.
"""
import json
import os
import resource
import subprocess
import sys
import time

OVERVIEW_LIMIT = 0.100
LEAST_RATIO = 20

# A view, and the chisel with the same numbers.
PAIRS = [
    ("processes", ["topprocs_file"]), ("processes", ["topprocs_net"]), ("processes_errors", ["topprocs_errors"]),
    ("files", ["topfiles_bytes"]), ("files", ["topfiles_time"]), ("connections", ["topconns"]),
    ("server_ports", ["topports_server"]), ("syscalls", ["topscalls"]), ("syscalls", ["topscalls_time"]),
    ("containers", ["topcontainers_file"]), ("containers_errors", ["topcontainers_error"]),
    ("slow_io", ["fileslower", "1"]), ("io_by_type", ["fdbytes_by", "fd.type"]),
    ("directories", ["fdbytes_by", "fd.directory"]), ("errors", ["topfiles_errors"]), ("http", ["httplog"]),
]


def measure(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wall = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 3):
        sys.exit(" ".join(command) + ": " + done.stderr.decode("utf-8", "replace"))
    return wall, after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def least(results):
    return tuple(min(values) for values in zip(*results))


def main():
    reel, capture, scap, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    info = json.loads(subprocess.check_output([reel, "info", capture, "--json"]))
    print("%s events, %s bytes" % (format(info["events"], ","), format(os.path.getsize(capture), ",")))
    failed = False
    wall, cpu = least([measure([reel, "overview", capture]) for _ in range(max(rounds, 5))])
    verdict = "ok" if wall <= OVERVIEW_LIMIT else "TOO SLOW"
    failed = failed or wall > OVERVIEW_LIMIT
    print("overview            %8.1f ms, %6.1f ms of CPU (at most %.0f ms): %s" % (
        wall * 1e3, cpu * 1e3, OVERVIEW_LIMIT * 1e3, verdict))
    wall, cpu = least([measure([reel, "overview", capture, "evt.num >= 0"]) for _ in range(rounds)])
    print("overview by a scan  %8.1f ms, %6.1f ms of CPU" % (wall * 1e3, cpu * 1e3))
    for view, chisel in PAIRS:
        own, peer = [], []
        for _ in range(rounds):
            # As many rows as a chisel shows.
            own.append(measure([reel, "view", view, capture, "--limit", "10"]))
            # The other program takes long: fewer rounds of it.
            if scap != "-" and len(peer) < 2:
                peer.append(measure(["sysdig", "-r", scap, "-c"] + chisel))
        wall, cpu = least(own)
        line = "%-18s %8.2f s, %6.2f s of CPU" % (view, wall, cpu)
        if peer:
            other_wall, other_cpu = least(peer)
            ratio = other_wall / wall
            failed = failed or ratio < LEAST_RATIO
            line += "   %-22s %8.2f s, %6.2f s of CPU   %6.1f times the time, %5.1f times the CPU%s" % (
                " ".join(chisel), other_wall, other_cpu, ratio, other_cpu / cpu,
                "" if ratio >= LEAST_RATIO else "  TOO LITTLE")
        print(line, flush=True)
    sys.exit(1 if failed else 0)


main()
