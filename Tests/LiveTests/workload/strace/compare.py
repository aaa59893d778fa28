#!/usr/bin/env python3
"""Runs workloads under strace inside a recording, and compares call by call, argument by argument.

    compare.py --reel REEL --calls CALLS [--keep FOLDER] [--show N] [--prefix=WORD...] [--container NAME] WORKLOAD...

With words of a prefix, each workload runs in what they start: a container that has the machine's files. All that strace
sees, by the container's own ids, must then be of the container of that name.
strace stops tasks but makes no calls in them: both see the same calls. What differs for a reason stands in
`exceptions.json`; everything else is a fault. Ends with 1 when less than 99.9 % of calls agree or a difference has no reason.
"""

import argparse
import collections
import errno
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

from arguments import Comparison
from capture import Capture
from strace_text import RESTARTS, parse_thread
from workloads import WORKLOADS

FOLDER = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.abspath(os.path.join(FOLDER, "../../../.."))
GOAL = 0.999
with open(os.path.join(FOLDER, "arguments.json")) as text:
    NARROW_NAMES = json.load(text)["calls of the 32-bit entry"]


def record(reel, folder, command, programs, prefix):
    """Records a command under strace; its threads' files lie in the folder afterwards."""
    work = os.path.join(folder, "work")
    os.mkdir(work)
    environment = {"PATH": "/usr/bin:/bin", "HOME": work, "LC_ALL": "C", "TMPDIR": work, "REEL": "calls", **programs}
    inside = ["strace", "-qq", "-ff", "-ttt", "-v", "-xx", "-X", "verbose", "-e", "signal=none", "-s", "40000",
              "-o", os.path.join(folder, "thread"), *command]
    if prefix:
        # Engines give a container neither environment nor directory of who starts it.
        inside = [*prefix, "/usr/bin/env", "-i", "-C", work, *(f"{name}={value}" for name, value in environment.items()), *inside]
    done = subprocess.run(
        [reel, "record", "-o", os.path.join(folder, "capture.reel"), "--env", "all", "--buffer", "64MiB", "--", *inside],
        cwd=work, env=environment, capture_output=True, timeout=300)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)[:80]} ended with {done.returncode}: {done.stderr.decode()[-600:]}")


def pairs(calls, events):
    """Puts calls and events of one thread side by side; what has no partner stands with None."""
    first = 0
    # A new task returns from the call that made it, which strace does not show.
    if events and events[0].call in ("clone", "clone3", "fork", "vfork") and events[0].result == 0:
        first = 1
    events = events[first:]
    result, call, event = [], 0, 0
    while call < len(calls) or event < len(events):
        if call < len(calls) and event < len(events) and same_call(calls[call], events[event]):
            result.append((calls[call], events[event]))
            call, event = call + 1, event + 1
            continue
        # The nearest place where both agree again, for two calls running.
        step = next(
            ((skip, total - skip) for total in range(1, 40) for skip in range(total + 1)
             if agrees(calls, call + skip, events, event + total - skip)), None)
        if step is None:
            step = (len(calls) - call, len(events) - event)
        result += [(item, None) for item in calls[call : call + step[0]]]
        result += [(None, item) for item in events[event : event + step[1]]]
        call, event = call + step[0], event + step[1]
    return result


def agrees(calls, call, events, event):
    if call >= len(calls) and event >= len(events):
        return True
    if call >= len(calls) or event >= len(events) or not same_call(calls[call], events[event]):
        return False
    return call + 1 >= len(calls) or event + 1 >= len(events) or same_call(calls[call + 1], events[event + 1])


def same_call(call, event):
    """strace shows the numbers of calls that it does not know."""
    if call.name.startswith("syscall_0x"):
        number = event.raw["ID"] if event.type == "syscall" else event.code
        return number is not None and number % (1 << 16) == int(call.name[8:], 16) % (1 << 16)
    return NARROW_NAMES.get(call.name, call.name) == event.call


def result_difference(call, event):
    """What is wrong with the result, if anything."""
    if call.result is None:
        if call.error in RESTARTS:
            return None if event.result == -RESTARTS[call.error] else f"result {event.result}, not {call.error}"
        # strace saw no return: the task ended inside, or executed something else.
        return None
    if call.error:
        number = error_number(call.error)
        return None if number and event.result == -number else f"result {event.result}, not {call.error}"
    if event.result is None:
        return f"no result, not {call.result}"
    return None if event.result % (1 << 64) == call.result % (1 << 64) else f"result {event.result}, not {call.result}"


def error_number(name):
    import errno

    return {"ENOTSUPP": 524}.get(name) or getattr(errno, name, None)


class Exceptions:
    """Differences with a reason: `{"call": …, "parameter": …, "when": …, "reason": …}`."""

    def __init__(self, path):
        with open(path) as text:
            self.entries = json.load(text)
        self.used = collections.Counter()

    def covers(self, workload, call, parameter, text):
        for index, entry in enumerate(self.entries):
            if entry.get("workload", workload) != workload or entry["call"] not in (call, "*"):
                continue
            if entry["parameter"] in (parameter, "*") and entry.get("when", "") in text:
                self.used[index] += 1
                return True
        return False


def judge(name, folder, capture, comparison, exceptions, totals, faults):
    """Compares one recording."""
    threads, broken = {}, []
    for path in glob.glob(os.path.join(folder, "thread.*")):
        threads[int(path.rsplit(".", 1)[1])], errors = parse_thread(path)
        broken += errors
    for error in broken:
        faults.append((name, "-", "syntax", error))
    recorded = capture.threads(set(threads))
    # strace's first line is the execution of the workload; before it stand calls of strace's own child.
    starts = {thread: calls for thread, calls in threads.items() if calls and calls[0].name == "execve"}
    root = min(starts, default=None, key=lambda thread: starts[thread][0].time)
    if root is None:
        raise SystemExit(f"{name}: strace saw nothing")
    events = recorded.get(root, [])
    begin = next((index for index, event in enumerate(events) if event.call == "execve"), 0)
    recorded[root] = events[begin:]
    for thread, calls in threads.items():
        # A thread that executes takes its leader's place: the second half of its line stands in the leader's file.
        calls = [call for call in calls if call.error != "SUPERSEDED"]
        events = recorded.get(thread, [])
        # Whoever is killed while strace has it stopped in front of a call never makes it: the kernel lets it return ENOSYS, and
        # strace says nothing of it.
        if events and events[-1].result == -errno.ENOSYS and (not calls or calls[-1].name != events[-1].call):
            events = events[:-1]
        for call, event in pairs(calls, events):
            totals["calls"] += 1
            problems = []
            if event is None:
                problems.append(("sequence", f"strace alone has {call.name} = {call.result} {call.error} {call.note}"))
            elif call is None:
                problems.append(("sequence", f"Reel alone has {event.call} = {event.result}"))
            else:
                totals["types"].add(call.name)
                trouble = result_difference(call, event)
                if trouble:
                    problems.append(("result", trouble))
                # The kernel could read what it was given.
                if event.unreadable and event.result is not None and event.result >= 0:
                    problems.append(("unreadable", f"marked as unreadable, though it returned {event.result}"))
                if call.arguments is not None:
                    problems += comparison.differences(call, event)
            label = call.name if call else event.call
            place = f"{thread}:{call.line if call else event.number}"
            left = [p for p in problems if not exceptions.covers(name, label, p[0], p[1])]
            if problems:
                totals["excepted" if not left else "different"] += 1
            for parameter, text in left:
                faults.append((name, label, parameter, f"{place} {text}"))
    if capture.losses():
        faults.append((name, "-", "losses", f"{capture.losses()} events were lost"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reel", required=True)
    parser.add_argument("--calls", required=True, help="the program of calls.c")
    parser.add_argument("--narrow", help="the 32-bit program of narrow_calls.c")
    parser.add_argument("--keep", help="a folder that keeps captures and traces, or has them already")
    parser.add_argument("--show", type=int, default=3, help="examples of each kind of difference")
    parser.add_argument("--undecoded", action="store_true", help="list what strace takes apart and Reel does not")
    parser.add_argument("--prefix", action="append", default=[], help="a word in front of what is run")
    parser.add_argument("--container", help="the name of the container that everything must be in")
    parser.add_argument("workloads", nargs="*", default=list(WORKLOADS))
    options = parser.parse_args()
    keep = os.path.abspath(options.keep) if options.keep else tempfile.mkdtemp(prefix="reel-strace-")
    schema = os.path.join(ROOT, "formats/events.json")
    exceptions = Exceptions(os.path.join(FOLDER, "exceptions.json"))
    comparison = Comparison(schema, os.path.join(FOLDER, "arguments.json"))
    totals, faults = collections.Counter(), []
    totals["types"] = set()
    programs = {"CALLS": options.calls, "NARROW": options.narrow or ""}
    names = options.workloads or list(WORKLOADS)
    if not options.narrow and "narrow" in names:
        names.remove("narrow")
        print("narrow       left out: no 32-bit program could be built")
    try:
        for name in names:
            folder = os.path.join(keep, name)
            if not os.path.exists(os.path.join(folder, "capture.reel")):
                shutil.rmtree(folder, ignore_errors=True)
                os.makedirs(folder)
                record(options.reel, folder, WORKLOADS[name], programs, options.prefix)
            before = totals["calls"], len(faults)
            judge(name, folder, Capture(options.reel, os.path.join(folder, "capture.reel"), schema, options.container), comparison,
                  exceptions, totals, faults)
            print(f"{name:12} {totals['calls'] - before[0]:8} calls  {len(faults) - before[1]:6} differences", flush=True)
    finally:
        if not options.keep:
            shutil.rmtree(keep, ignore_errors=True)
    report(options, totals, faults, exceptions, comparison)
    agreed = 1 - (totals["different"] + totals["excepted"]) / max(totals["calls"], 1)
    return 0 if agreed >= GOAL and not faults else 1


def report(options, totals, faults, exceptions, comparison):
    kinds = collections.defaultdict(list)
    for workload, call, parameter, text in faults:
        kinds[call, parameter].append(f"{workload} {text}")
    for (call, parameter), examples in sorted(kinds.items(), key=lambda kind: -len(kind[1])):
        print(f"{len(examples):6} × {call}.{parameter}")
        for example in examples[: options.show]:
            print(f"           {example[:400]}")
    if options.undecoded:
        for (call, position), count in sorted(comparison.undecoded.items(), key=lambda item: -item[1]):
            print(f"{count:6} × strace alone takes {call}'s argument {position} apart: {comparison.samples[call, position][:160]}")
        for text, count in comparison.unshown.most_common():
            print(f"{count:6} × not compared: {text}")
    for index, count in sorted(exceptions.used.items()):
        entry = exceptions.entries[index]
        print(f"{count:6} excepted: {entry['call']}.{entry['parameter']}: {entry['reason']}")
    calls = totals["calls"]
    share = 100 * (calls - totals["different"] - totals["excepted"]) / max(calls, 1)
    print(f"{calls} calls of {len(totals['types'])} kinds, {comparison.compared} parameters compared; {share:.3f} % of calls agree, "
          f"{totals['excepted']} differ for a reason, {totals['different']} without")


if __name__ == "__main__":
    sys.exit(main())
