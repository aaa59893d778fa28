#!/usr/bin/env python3
"""Compares what chisels of sysdig 0.29.3 and `reel state` and `reel audit` say of the same .scap files, row by row.

    compare_state.py REEL FILE...

`ps`, `lsof` and `netstat` tell the moment of the first event, `spy_users` all commands below shells. Every row of either
must be one of the other. Where both cannot agree, state_exceptions.json says so, each exception with its reason; one that
explains nothing any more fails as well.
"""

import json
import os
import re
import subprocess
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))

# How the chisels call what Reel calls otherwise.
TYPES = {"eventpoll": "epoll", "eventfd": "event"}


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600)
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def chisel(path, name):
    """The lines of a chisel's output; None when it cannot read the file."""
    status, output, _ = run(["sysdig", "-r", path, "-c", name])
    if status != 0:
        return None
    return [line.replace("\x1b[0m", "").replace("\x1b[00m", "") for line in output.split("\n")]


def own(reel, arguments):
    """The rows of a command as objects."""
    status, output, errors = run([reel] + arguments + ["--json"])
    if status == 2 and "no state" in errors:
        return []
    if status not in (0, 3):
        sys.exit("%s: %s" % (" ".join(arguments), errors))
    return [json.loads(line) for line in output.splitlines()]


def first_moment(reel, path):
    """The time of the first event: the chisels print the tables as they are then."""
    status, output, _ = run([reel, "events", path, "--limit", "1", "-p", "%evt.rawtime"])
    return output.strip() if status == 0 and output.strip().isdigit() else "+0s"


def fields(lines, *titles):
    """The columns of a table by their titles, which stand where the columns begin."""
    if not lines:
        return
    starts = [lines[0].find(title) for title in titles] + [None]
    for line in lines[1:]:
        values = [line[start:end].rstrip() for start, end in zip(starts, starts[1:])]
        if values[1].strip().isdigit():
            yield values


def processes(reel, path, moment):
    lines = chisel(path, "ps")
    if lines is None:
        return None
    theirs = {}
    for parts in fields(lines, "TID", "PID", "USER", "VIRT", "RES", "FDLIMIT", "CMD"):
        process = theirs.setdefault(parts[1], {"threads": 0, "name": None, "user": None})
        process["threads"] += 1
        if parts[0] == parts[1]:
            process.update(name=parts[6], user=parts[2])
    mine = {}
    for row in own(reel, ["state", path, "processes", "--at", moment]):
        # A user without a name in the file is a number here.
        user = row["user"] if isinstance(row["user"], str) and not row["user"].isdigit() else "<NA>"
        mine[str(row["pid"])] = {"threads": row["threads"], "name": row["name"], "user": user[:11]}
    return theirs, mine


def descriptors(reel, path, moment):
    lines = chisel(path, "lsof")
    if lines is None:
        return None
    theirs = {}
    for parts in fields(lines, "COMMAND", "PID", "TID", "USER", "FD", "TYPE", "NAME"):
        if parts[1] != parts[2]:
            continue
        kind = TYPES.get(parts[5], parts[5])
        # Sockets are compared by netstat; the chisel has no name for most other things.
        theirs[parts[1] + " fd " + parts[4]] = (kind, parts[6] if kind in ("file", "directory") else "")
    mine = {}
    for row in own(reel, ["state", path, "files", "--at", moment]):
        kind = TYPES.get(row["type"], row["type"]) or ""
        name = (row["file"] or "") if kind in ("file", "directory") else ""
        mine["%s fd %s" % (row["pid"], row["fd"])] = (kind, name.rstrip())
    return theirs, mine


def connections(reel, path, moment):
    lines = chisel(path, "netstat")
    if lines is None:
        return None
    theirs = {}
    for line in lines[1:]:
        match = re.match(r"(tcp|udp)\s+(\S+)\s+(\S+)\s+(\S*)\s+(\d+)/(\d+)/(.*)$", line)
        if match and match.group(5) == match.group(6):
            key = "%s %s %s %s" % (match.group(6), match.group(1), match.group(2), match.group(3))
            theirs[key] = theirs.get(key, 0) + 1
    mine = {}
    for row in own(reel, ["state", path, "sockets", "--at", moment]):
        if row["type"] not in ("ipv4", "ipv6") or row["protocol"] not in ("tcp", "udp") or row["pid"] is None:
            continue
        local, remote = ("%s:%s" % (row[end + "_address"], row[end + "_port"]) for end in ("local", "remote"))
        if row["remote_address"] is None:
            remote = "0.0.0.0:*"
        # The chisel's columns are so wide.
        local, remote = local[:24], remote[:24]
        for ends in ((local, remote), (remote, local)):
            key = "%s %s %s %s" % (row["pid"], row["protocol"], ends[0], ends[1])
            # The chisel puts the server first, whichever end is here.
            if key in theirs or ends[0] == remote:
                break
        else:
            key = "%s %s %s %s" % (row["pid"], row["protocol"], local, remote)
        if key not in theirs:
            key = "%s %s %s %s" % (row["pid"], row["protocol"], local, remote)
        mine[key] = mine.get(key, 0) + 1
    return theirs, mine


def commands(reel, path, _):
    lines = chisel(path, "spy_users")
    if lines is None:
        return None
    theirs = {}
    for line in lines:
        match = re.match(r"\s*(\d+) (\d\d:\d\d:\d\d) (\S+)\) (.*)$", line)
        if match and not match.group(4).startswith("cd "):
            # The chisel shows the program as it was called, Reel by the name that it has then.
            program, _, arguments = match.group(4).strip().partition(" ")
            key = ("%s %s %s" % (match.group(2), os.path.basename(program)[:15], arguments)).strip()
            theirs[key] = theirs.get(key, 0) + 1
    mine = {}
    # Of commands that are below no shell the chisel says nothing.
    for row in own(reel, ["audit", path, "commands", "evt.failed = false and (proc.aname endswith sh)", "--utc"]):
        seconds = row["time"] // 1_000_000_000 % 86400
        clock = "%02d:%02d:%02d" % (seconds // 3600, seconds // 60 % 60, seconds % 60)
        key = "%s %s" % (clock, row["command"].strip())
        mine[key] = mine.get(key, 0) + 1
    return theirs, mine


PAIRS = [("ps", processes), ("lsof", descriptors), ("netstat", connections), ("spy_users", commands)]


def main():
    reel, paths = sys.argv[1], sys.argv[2:]
    os.environ["TZ"] = "UTC"
    with open(os.path.join(FOLDER, "state_exceptions.json")) as file:
        exceptions = json.load(file)
    used = [0] * len(exceptions)
    names = [os.path.basename(path) for path in paths]
    failures = 0
    for name, compare in PAIRS:
        equal = explained = unreadable = 0
        for path in paths:
            result = compare(reel, path, first_moment(reel, path))
            if result is None:
                unreadable += 1
                continue
            theirs, mine = result
            for key in sorted(set(theirs) | set(mine)):
                if theirs.get(key) == mine.get(key):
                    equal += 1
                    continue
                shown = "%s: %s | %s" % (key, theirs.get(key), mine.get(key))
                for index, exception in enumerate(exceptions):
                    if exception["chisel"] == name and re.search(exception["file"], os.path.basename(path)) and (
                            re.search(exception["row"], shown)):
                        used[index] += 1
                        explained += 1
                        break
                else:
                    failures += 1
                    print("%s, %s %s" % (os.path.basename(path), name, shown))
        print("%-10s %6d equal, %5d explained, %d files that sysdig cannot read" % (
            name, equal, explained, unreadable), flush=True)
    for exception, count in zip(exceptions, used):
        print("explained %d times: %s" % (count, exception["reason"]))
        if count == 0 and any(re.search(exception["file"], name) for name in names):
            failures += 1
            print("this explains nothing any more")
    sys.exit("%d rows differ" % failures if failures else 0)


main()
