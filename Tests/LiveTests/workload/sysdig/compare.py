#!/usr/bin/python3
"""Compares which events a filter selects in sysdig and in Reel, over captures in sysdig's format.

    compare.py --reel REEL [--random N] [--seed N] [--show N] CAPTURE...

Events are told apart by their numbers, which an import keeps. sysdig 0.29 has an event for the beginning and one for the end of
a call; those of the end are compared, and the kinds that exist only as beginnings.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))

# What sysdig has only as the beginning of something.
ONLY_ENTER = "procexit, switch, signaldeliver, page_fault, exit_group, exit"

# Fields for random filters, and the operators that go with them.
TEXTS = """evt.type evt.category evt.res proc.name proc.pname proc.exe proc.cmdline proc.args proc.cwd fd.name fd.type fd.typechar
fd.directory fd.filename fd.l4proto user.name container.id evt.arg.flags evt.arg.name evt.arg.res""".split()
NUMBERS = """evt.num evt.cpu evt.rawres evt.buflen evt.latency proc.pid proc.ppid proc.vpid thread.tid fd.num fd.cport fd.sport
fd.lport fd.rport user.uid evt.rawarg.size""".split()


def run(arguments):
    return subprocess.run(arguments, capture_output=True, timeout=120, check=False)


class Differences:
    """What differs by design or because one of both is wrong, each with its reason."""

    def __init__(self):
        with open(os.path.join(HERE, "differences.json"), encoding="utf-8") as file:
            self.entries = json.load(file)
        for entry in self.entries:
            entry["used"] = False

    def reason(self, capture, text, kind):
        for entry in self.entries:
            if (
                re.search(entry.get("capture", ""), capture)
                and re.search(entry.get("filter", ""), text)
                and re.search(entry.get("event", ""), kind)
            ):
                entry["used"] = True
                return entry["reason"]
        return None


class Capture:
    """One capture, open in both."""

    def __init__(self, path, reel, folder):
        self.path = path
        self.name = os.path.basename(path)
        self.reel = reel
        self.imported = os.path.join(folder, self.name + ".reel")
        self.problem = None
        listing = self.sysdig(None, "%evt.num %evt.dir%evt.type")
        if not listing:
            self.problem = "sysdig does not open it, or shows no event of it"
            return
        made = run([reel, "import", path, "-o", self.imported])
        if made.returncode not in (0, 3):
            self.problem = "import: " + made.stderr.decode(errors="replace").strip()
            return
        self.kinds = dict(line.split(" ", 1) for line in listing)
        self.ours = self.answer(None)
        self.common = set(self.kinds) & self.ours

    def sysdig(self, text, form):
        ends = f"(evt.dir=< or evt.type in ({ONLY_ENTER}))"
        question = ends if text is None else f"({text}) and {ends}"
        result = run(["sysdig", "-r", self.path, "-p", form, question])
        if result.returncode != 0 and b"filter" in result.stderr:
            raise ValueError(result.stderr.decode(errors="replace").strip())
        return result.stdout.decode(errors="replace").splitlines()

    def answer(self, text):
        question = [] if text is None else [text]
        result = run([self.reel, "events", self.imported, "-p", "%evt.num"] + question)
        if result.returncode not in (0, 3):
            raise ValueError(result.stderr.decode(errors="replace").strip())
        return set(result.stdout.decode().split())

    def compare(self, text):
        """The events that only sysdig and that only Reel selects, of those that both have."""
        theirs = set(self.sysdig(text, "%evt.num"))
        ours = self.answer(text)
        return (theirs - ours) & self.common, (ours - theirs) & self.common, len(theirs & self.common)

    def describe(self, number):
        """An event as both see it."""
        shown = "*%evt.num %proc.name %evt.type %fd.name %evt.args"
        theirs = self.sysdig(f"evt.num = {number}", shown)
        ours = run([self.reel, "events", self.imported, f"evt.num = {number}", "-p", shown]).stdout.decode(errors="replace")
        return f"      sysdig: {' '.join(theirs)[:300]}\n      reel:   {ours.strip()[:300]}"

    def values(self, field):
        """Values of a field, as sysdig shows them."""
        return sorted({line for line in self.sysdig(None, "%" + field) if line and line != "<NA>" and len(line) < 80})


def random_filter(generator, capture, pool):
    """A filter of one to three comparisons with values that are there."""

    def check():
        field = generator.choice(TEXTS + NUMBERS)
        if field not in pool:
            pool[field] = capture.values(field)
        if not pool[field]:
            return f"{field} exists"
        value = generator.choice(pool[field])
        if field in NUMBERS:
            if not re.fullmatch(r"-?\d+", value):
                return f"{field} exists"
            return f"{field} {generator.choice(['=', '!=', '<', '<=', '>', '>='])} {value}"
        operators = ["=", "!="] if field == "evt.type" else ["=", "!=", "contains", "startswith", "endswith", "icontains"]
        operator = generator.choice(operators)
        if operator not in ("=", "!=") and len(value) > 2:
            start = generator.randrange(len(value) - 1)
            part = value[start : start + generator.randint(1, 6)]
            value = {"startswith": value[: len(part)], "endswith": value[-len(part) :]}.get(operator, part)
        if re.search(r"['\"\\\s]|[^\x20-\x7e]", value):
            return f"{field} exists"
        return f"{field} {operator} '{value}'"

    terms = [generator.choice(["", "not "]) + check() for _ in range(generator.randint(1, 3))]
    return f" {generator.choice(['and', 'or'])} ".join(terms)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reel", required=True)
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=3)
    parser.add_argument("captures", nargs="+")
    options = parser.parse_args()
    with open(os.path.join(HERE, "filters.txt"), encoding="utf-8") as file:
        filters = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    differences = Differences()
    unexplained = compared = events = agreed = explained = 0
    reasons = {}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        for path in options.captures:
            capture = Capture(path, options.reel, folder)
            if capture.problem:
                print(f"{capture.name}: left out: {capture.problem}")
                continue
            only = sorted(set(capture.kinds) - capture.common, key=int)
            more = sorted(capture.ours - capture.common, key=int)
            for number in only + more:
                kind = capture.kinds.get(number, "beside sysdig's")
                reason = differences.reason(capture.name, "", kind)
                if reason is None:
                    unexplained += 1
                    if unexplained <= options.show:
                        print(f"  {capture.name}: event {number} ({kind}) is in one alone\n{capture.describe(number)}")
                else:
                    reasons[reason] = reasons.get(reason, 0) + 1
            asked = list(filters)
            generator = random.Random(f"{options.seed} {capture.name}")
            known = {}
            asked += [random_filter(generator, capture, known) for _ in range(options.random)]
            shown = 0
            for text, answer in zip(asked, pool.map(lambda text: guarded(capture, text), asked)):
                if isinstance(answer, str):
                    print(f"  {capture.name}: {text}: {answer}")
                    unexplained += 1
                    continue
                theirs, ours, count = answer
                compared += 1
                events += count
                different = 0
                for number in sorted(theirs | ours, key=int):
                    reason = differences.reason(capture.name, text, capture.kinds[number])
                    if reason is None:
                        different += 1
                        unexplained += 1
                        if different == 1 and shown < options.show:
                            shown += 1
                            who = "sysdig" if number in theirs else "Reel"
                            print(f"  {capture.name}: {text}: {len(theirs)} only in sysdig, {len(ours)} only in Reel; {who}:")
                            print(capture.describe(number))
                    else:
                        reasons[reason] = reasons.get(reason, 0) + 1
                        explained += 1
                agreed += different == 0
            print(f"{capture.name}: {len(capture.common)} events, {len(asked)} filters")
    for reason, count in sorted(reasons.items()):
        print(f"  {count} times: {reason}")
    for entry in differences.entries:
        if not entry["used"]:
            print(f"  not met any more: {entry['reason']}")
    print(
        f"{agreed} of {compared} answers agree ({events} events selected), {explained} events differ with a reason, "
        f"{unexplained} without"
    )
    sys.exit(1 if unexplained else 0)


def guarded(capture, text):
    try:
        return capture.compare(text)
    except ValueError as error:
        return str(error)


main()
