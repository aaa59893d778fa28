#!/usr/bin/python3
"""How much memory each reading command takes at most, against the limit, on a capture that fills every table.

    bench_memory.py REEL CAPTURE SCAP FOLDER [WORD...]

SCAP is the same capture as a .scap file, - for none. FOLDER takes what commands write; it is emptied. With WORDs only
commands whose line has one of them are run. Peaks are resident bytes of the whole program, as the kernel counts them.
"""
import json
import os
import shutil
import subprocess
import sys
import time

LIMIT = 128 << 20


def commands(reel, capture, scap, folder):
    out = os.path.join(folder, "out")
    yield ["info", capture]
    yield ["overview", capture]
    yield ["overview", capture, "evt.num >= 0"]
    yield ["events", capture]
    yield ["events", capture, "--json"]
    yield ["events", capture, "--reverse", "-p", "%evt.num %fd.name"]
    yield ["count", capture]
    yield ["count", capture, "--by", "fd.name"]
    yield ["count", capture, "--by", "fd.name", "--top", "10"]
    yield ["count", capture, "--by", "proc.pid,evt.type", "--json"]
    shown = "count,sum(evt.buflen),p99(evt.latency),last(proc.name)"
    yield ["query", capture, "--by", "fd.name", "--show", shown, "--csv"]
    shown = "min(evt.latency),max(evt.rawtime)"
    yield ["query", capture, "--by", "fd.name", "--show", shown, "--sort", "fd.name", "--json"]
    yield ["query", capture, "--by", "fd.directory", "--show", "distinct(fd.name)"]
    yield ["query", capture, "--by", "evt.type", "--show", "distinct(fd.name),p50(evt.latency)"]
    yield ["query", capture, "--every", "1ms", "--show", "count,max(evt.latency)"]
    listed = subprocess.check_output([reel, "view", "--list", "--json"]).decode()
    for line in listed.splitlines():
        view = json.loads(line)["name"]
        yield ["view", view, capture]
    for view in "files", "file_opens", "http", "dns", "processes":
        yield ["view", view, capture, "--json"]
    for view in "files", "file_opens", "http", "commands":
        yield ["view", view, capture, "--limit", "20"]
    yield ["tree", capture]
    yield ["tree", capture, "--json"]
    yield ["audit", capture]
    yield ["audit", capture, "--json"]
    for what in "processes", "files", "sockets", "containers", "users", "mounts":
        yield ["state", capture, what, "--at", "-1s"]
    yield ["stream", capture, "fd.type = ipv4", "--as", "hex"]
    yield ["stream", capture, "evt.type in (read, write)", "--as", "text"]
    yield ["stream", capture, "fd.type = ipv4", "--as", "jsonl", "--merge"]
    yield ["extract", capture, "proc.name = many", "-o", out]
    yield ["spectrogram", capture]
    yield ["flame", capture, "--json"]
    yield ["diff", capture, capture]
    yield ["diff", capture, capture, "--by", "fd.name"]
    yield ["verify", capture]
    yield ["recover", capture, "-o", out]
    yield ["cut", capture, "evt.type != close", "-o", out]
    yield ["compact", capture, "-o", out]
    yield ["merge", capture, capture, "-o", out]
    yield ["export", capture, "--format", "jsonl", "-o", out]
    yield ["export", capture, "--format", "csv", "-o", out]
    yield ["export", capture, "--format", "scap", "-o", out]
    if scap != "-":
        yield ["import", scap, "-o", out]
        yield ["count", scap]
        yield ["events", scap]
        yield ["view", "files", scap]


def run(command):
    """The peak in bytes, the seconds, and how it ended."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    message = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    code = os.waitstatus_to_exitcode(status)
    child.returncode = code
    ended = ""
    if code not in (0, 3):
        words = message.decode("utf-8", "replace").strip().splitlines()
        ended = "exit %d: %s" % (code, words[-1][:100] if words else "")
    return usage.ru_maxrss * 1024, time.monotonic() - start, ended


def main():
    reel, capture, scap, folder = sys.argv[1:5]
    words = sys.argv[5:]
    info = json.loads(subprocess.check_output([reel, "info", capture, "--json"]))
    print("%s events, %s processes, %s objects, %s bytes; at most %d MiB\n" % (
        *(format(info[key], ",") for key in ("events", "processes", "objects", "bytes")), LIMIT >> 20))
    print("%-100s %8s %8s" % ("command", "MiB", "seconds"))
    over = 0
    for command in commands(reel, capture, scap, folder):
        line = " ".join(os.path.basename(word) if word.startswith("/") else word for word in command)
        if words and not any(word in line for word in words):
            continue
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
        peak, seconds, ended = run([reel, *command])
        verdict = ended or ("TOO MUCH" if peak > LIMIT else "")
        over += bool(verdict) and not ended.startswith("exit 2")
        print("%-100s %8.1f %8.1f  %s" % (line[:100], peak / (1 << 20), seconds, verdict), flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    print("\n%d over the limit, or failed" % over)
    sys.exit(1 if over else 0)


if __name__ == "__main__":
    main()
