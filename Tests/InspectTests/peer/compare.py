#!/usr/bin/env python3
"""Compares what chisels of sysdig 0.29.3 and Reel's views say of the same .scap files, number by number.

    compare.py REEL FILE...

A chisel prints its first rows; each of them must be in the view with the same number. Where both cannot agree,
exceptions.json says so, with the reason; where it lists numbers, these are the only ones that it is about.
"""

import json
import os
import subprocess
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
FILE = "fd.type = file and evt.is_io = true"
NET = "fd.type in (ipv4, ipv6) and evt.is_io = true"
BYTES = ("bytes_in", "bytes_out")

# Chisel and arguments; the view, its filter, the columns of the key with their place in the chisel's rows, and the
# columns whose sum is the number.
PAIRS = [
    (["topprocs_file"], "processes", FILE, {"pid": 1}, ("file_bytes",)),
    (["topprocs_net"], "processes", NET, {"pid": 1}, ("net_bytes",)),
    (["topprocs_errors"], "processes_errors", "", {"pid": 1}, ("errors",)),
    (["topfiles_bytes"], "files", FILE, {"file": 0}, BYTES),
    (["topfiles_time"], "files", FILE, {"file": 0}, ("time_ns",)),
    (["topfiles_errors"], "files", "fd.type = file", {"file": 0}, ("errors",)),
    (["topconns"], "connections", NET, {"protocol": 0, "connection": 1}, BYTES),
    (["topports_server"], "server_ports", NET, {"port": 0}, BYTES),
    # The chisel counts the beginning of a call as well, unless told not to; Reel a call that did not return.
    (["topscalls", "evt.dir=<"], "syscalls", "evt.is_unfinished = false", {"syscall": 0}, ("count",)),
    (["topscalls_time"], "syscalls", "", {"syscall": 0}, ("time_ns",)),
    (["topcontainers_file"], "containers", FILE, {"name": 0}, ("file_bytes",)),
    (["topcontainers_net"], "containers", NET, {"name": 0}, ("net_bytes",)),
    (["topcontainers_error"], "containers", "", {"name": 0}, ("errors",)),
    (["fdbytes_by", "fd.type"], "io_by_type", "evt.is_io = true and evt.failed = false", {"type": 0}, BYTES),
    (["fdbytes_by", "fd.directory", "fd.type=file"], "directories", FILE + " and evt.failed = false", {"directory": 0}, BYTES),
    (["fdbytes_by", "fd.sport"], "server_ports", NET, {"port": 0}, BYTES),
    (["fdtime_by", "fd.type"], "io_by_type", "evt.is_io = true", {"type": 0}, ("time_ns",)),
    (["fdtime_by", "fd.sport"], "server_ports", NET, {"port": 0}, ("time_ns",)),
    (["fdtime_by", "fd.name", "fd.type=file"], "files", FILE, {"file": 0}, ("time_ns",)),
    (["fileslower", "1"], "slow_io", "evt.latency > 1000000", None, ()),
]

# What sysdig 0.29 calls otherwise.
NAMES = {"accept4": "accept"}


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def peer_rows(path, chisel):
    """The chisel's keys and numbers; None when it cannot read the file."""
    status, output, errors = run(["sysdig", "-j", "-r", path, "-c"] + chisel)
    if status != 0:
        return None
    if chisel[0] == "fileslower":
        # Two lines of headings; a row is date, time, process, call, milliseconds, file.
        lines = [line.split(None, 5) for line in output.splitlines()[2:]]
        return [((line[3], line[5].replace("\x1b[00m", "")), float(line[4])) for line in lines if len(line) == 6]
    try:
        data = json.loads(output)["data"]
    except (ValueError, KeyError):
        return None
    return [(tuple(str(part) for part in row[:-1]), row[-1]) for row in data]


def own_rows(reel, path, view, condition):
    command = [reel, "view", view, path, "--json"] + ([condition] if condition else [])
    status, output, errors = run(command)
    if status not in (0, 3):
        sys.exit("%s: %s" % (" ".join(command), errors))
    return [json.loads(line) for line in output.splitlines()]


def text(value):
    return "<NA>" if value is None else str(value)


def compare(reel, path, pair):
    """The number of equal rows, and the differences as (key, the peer's, our own)."""
    chisel, view, condition, key, numbers = pair
    peer = peer_rows(path, chisel)
    if peer is None:
        return None
    own = own_rows(reel, path, view, condition)
    if key is None:
        mine = sorted((row["syscall"], row["file"]) for row in own)
        theirs = sorted(row for row, _ in peer)
        if len(mine) == len(theirs):
            return len(mine), []
        return 0, [(("rows",), len(theirs), len(mine))]
    sums = {}
    for row in own:
        name = tuple(NAMES.get(text(row[column]), text(row[column])) for column in key)
        sums[name] = sums.get(name, 0) + sum(row[column] or 0 for column in numbers)
    wanted = {}
    for row, number in peer:
        name = tuple(row[place] for place in key.values())
        # Processes that executed something have several names: the chisel has a row for each.
        wanted[name] = wanted.get(name, 0) + number
    equal, differences = 0, []
    for name, number in wanted.items():
        if sums.get(name) == number:
            equal += 1
        else:
            differences.append((name, number, sums.get(name)))
    return equal, differences


def main():
    reel, paths = sys.argv[1], sys.argv[2:]
    with open(os.path.join(FOLDER, "exceptions.json")) as file:
        exceptions = json.load(file)
    used = [0] * len(exceptions)
    failures = 0
    for pair in PAIRS:
        name = " ".join(pair[0])
        equal, excepted, unreadable = 0, 0, 0
        for path in paths:
            result = compare(reel, path, pair)
            if result is None:
                unreadable += 1
                continue
            equal += result[0]
            for key, theirs, mine in result[1]:
                reason = None
                for index, exception in enumerate(exceptions):
                    if name.startswith(exception["chisel"]) and exception.get("file", "") in path and (
                            "key" not in exception or exception["key"] in " ".join(key)) and (
                            "numbers" not in exception or
                            [name, " ".join(key), str(theirs), str(mine)] in exception["numbers"]):
                        reason = index
                        break
                if reason is None:
                    failures += 1
                    print("%s, %s, %s: the chisel says %s, the view %s says %s" % (
                        os.path.basename(path), name, " ".join(key), theirs, pair[1], mine))
                else:
                    used[reason] += 1
                    excepted += 1
        print("%-26s %-18s %5d equal, %3d explained, %d files that sysdig cannot read" % (
            name, pair[1], equal, excepted, unreadable), flush=True)
    for exception, count in zip(exceptions, used):
        print("explained %d times: %s" % (count, exception["reason"]))
    sys.exit("%d numbers differ" % failures if failures else 0)


main()
