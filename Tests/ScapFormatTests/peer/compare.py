#!/usr/bin/python3
"""Compares what sysdig 0.29.3 and Reel print of scap files, field by field.

    compare.py REEL FILE... [--fields NAMES] [--show N] [--differences FILE]

Compared is every return of a call, and every event of the kinds that have no return. `fields.json` beside this file lists the
fields and the exceptions: where the two differ, and why that is right. Prints one line for each difference that no exception
covers, then how many pairs of event and field there were, how many were equal, and how many an exception covers. Ends with 1
when a difference is left, or when fewer than the share that `fields.json` asks for were equal before exceptions. A line of
the file of differences is: capture, number, type, field, the peer's value, Reel's value, the exception's reason.
"""
import argparse
import collections
import json
import os
import re
import subprocess
import sys

FIELD = "#|#"
RECORD = "#;#"
HERE = os.path.dirname(os.path.abspath(__file__))


def rows(command, names):
    """What a program prints of each event, in its order: a list of (number, values)."""
    pattern = "*%evt.num" + "".join(FIELD + "%" + name for name in names) + RECORD
    environment = {**os.environ, "TZ": "UTC"}
    # The peer crashes on some files after it has printed what it could.
    result = subprocess.run(command + ["-p", pattern], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    found = []
    for record in result.stdout.decode("utf-8", "replace").split(RECORD):
        values = record.lstrip("\n").split(FIELD)
        # A payload may hold the separators.
        if len(values) == len(names) + 1 and values[0].isdigit():
            found.append((int(values[0]), values[1:]))
    return found, result.returncode, result.stderr.decode("utf-8", "replace").strip()


class Exceptions:
    def __init__(self, entries):
        self.entries = [(entry, self.compiled(entry)) for entry in entries]
        self.used = collections.Counter()

    @staticmethod
    def compiled(entry):
        return {key: re.compile(entry[key], re.S) for key in ("fields", "types", "files", "peer", "reel") if key in entry}

    def cover(self, **facts):
        for entry, patterns in self.entries:
            if all(pattern.fullmatch(facts[key]) for key, pattern in patterns.items()):
                if entry.get("same") == "trimmed" and facts["peer"].strip() != facts["reel"].strip():
                    continue
                if entry.get("same") == "folded" and facts["peer"].lower() != facts["reel"].lower():
                    continue
                self.used[entry["reason"]] += 1
                return entry["reason"]
        return None


def aligned(peer, reel):
    """The number that each event of the peer has here: the peer does not count events that it does not know."""
    times = collections.defaultdict(list)
    for number, values in reel:
        times[tuple(values[1:4])].append(number)
    found = []
    for number, values in peer:
        same = times.get(tuple(values[1:4]), [])
        if len(same) == 1 and values[0] == "<":
            found.append((number, same[0] - number))
    shift = found[0][1] if found else 0
    numbers = {}
    position = 0
    for number, _ in peer:
        while position < len(found) and found[position][0] <= number:
            shift = found[position][1]
            position += 1
        numbers[number] = number + shift
    return numbers


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reel")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--fields")
    parser.add_argument("--show", type=int, default=3)
    parser.add_argument("--differences", type=argparse.FileType("w"))
    options = parser.parse_args()
    with open(os.path.join(HERE, "fields.json"), encoding="utf-8") as file:
        data = json.load(file)
    fields = options.fields.split(",") if options.fields else data["fields"]
    exceptions = Exceptions(data["exceptions"])
    short = [field in data["numbers of 32 bits"] for field in fields]
    names = ["evt.dir", "evt.rawtime", "thread.tid", "evt.type"] + fields
    pairs = equal = covered = events = 0
    left = collections.Counter()
    examples = collections.defaultdict(list)
    for path in options.files:
        name = os.path.basename(path)
        peer, status, message = rows(["sysdig", "-r", path], names)
        if not peer:
            print(f"{name}: not compared: the peer does not read it: {message[:100] or status}")
            continue
        reel, status, message = rows([options.reel, "events", path], names)
        if status != 0:
            print(f"{name}: reel ends with {status}: {message[:200]}")
            left["files"] += 1
            continue
        numbers = aligned(peer, reel)
        by_number = {number: values for number, values in reel}
        count = 0
        for number, values in peer:
            if values[0] != "<" and values[3] not in data["alone"]:
                continue
            mine = by_number.get(numbers[number])
            if mine is None:
                if values[3] not in data["sometimes alone"]:
                    left["events"] += 1
                    examples["events"].append(f"{name} {number} {values[3]}: not there")
                continue
            count += 1
            for index, field in enumerate(fields, 4):
                theirs, ours = values[index], mine[index]
                # The peer prints eight bytes of what it keeps in four: what stands behind them is none of its value.
                if short[index - 4] and theirs.isdigit():
                    theirs = str(int(theirs) & 0xFFFFFFFF)
                # What only the beginning of the call has there is not asked of its return.
                if field.startswith("evt.arg.") and theirs == "<NA>":
                    continue
                pairs += 1
                if theirs == ours:
                    equal += 1
                    continue
                reason = exceptions.cover(fields=field, types=values[3], files=name, peer=theirs, reel=ours)
                if options.differences:
                    facts = [name, number, values[3], field, repr(theirs), repr(ours), reason or ""]
                    print(*facts, sep="\t", file=options.differences)
                if reason:
                    covered += 1
                else:
                    left[field] += 1
                    if len(examples[field]) < options.show:
                        examples[field].append(f"{name} {number} {values[3]}: {theirs[:120]!r} here {ours[:120]!r}")
        events += count
    for field, number in left.most_common():
        print(f"{field}: {number} differ")
        for example in examples[field]:
            print(f"    {example}")
    share = 100 * equal / pairs if pairs else 0
    print(f"{events} events, {pairs} pairs: {share:.3f} % equal, {covered} differ for a reason, {sum(left.values())} for none")
    for reason, number in exceptions.used.most_common():
        print(f"    {number:8} {reason}")
    if left or share < data["least share"]:
        sys.exit(1)


main()
