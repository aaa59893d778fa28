#!/usr/bin/python3
"""Compares which events a filter selects in sysdig and in Reel, over captures in sysdig's format.

    compare.py --reel REEL [--random N] [--seed N] [--show N] CAPTURE...

Events are told apart by their numbers, which an import keeps. sysdig 0.29 has an event for the beginning and one for the end of
a call; those of the end are compared, and the kinds that exist only as beginnings.
"""

import argparse
import bisect
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
# What sysdig 0.29 reads but does not count.
UNCOUNTED = "useradded, userdeleted, groupadded, groupdeleted"

# Fields for random filters, and the operators that go with them.
TEXTS = """evt.type evt.category evt.res proc.name proc.pname proc.exe proc.cmdline proc.args proc.cwd fd.name fd.type fd.typechar
fd.directory fd.filename fd.l4proto user.name container.id evt.arg.flags evt.arg.name evt.arg.res""".split()
NUMBERS = """evt.num evt.cpu evt.rawres evt.buflen evt.latency proc.pid proc.ppid proc.vpid thread.tid fd.num fd.cport fd.sport
fd.lport fd.rport user.uid evt.rawarg.size""".split()


def run(arguments):
    return subprocess.run(arguments, capture_output=True, timeout=120, check=False)


class Differences:
    """What differs by design or because sysdig is wrong, each with its reason."""

    def __init__(self):
        with open(os.path.join(HERE, "differences.json"), encoding="utf-8") as file:
            self.entries = json.load(file)
        for entry in self.entries:
            entry["used"] = 0

    def reason(self, capture, text, kind, is_random):
        for entry in self.entries:
            # Whatever a random filter asks beside a field that differs may be denied: it is matched by the field alone.
            if entry.get("random", False) and not is_random:
                continue
            if (
                re.search(entry.get("capture", ""), capture)
                and re.search(entry.get("filter", ""), text)
                and re.search(entry.get("event", ""), kind)
            ):
                entry["used"] += 1
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
        self.crashes = False
        self.uncounted = []
        listing = self.sysdig(None, "%evt.num %evt.dir%evt.type")
        if self.crashes:
            self.problem = "sysdig crashes on it"
        elif not listing:
            self.problem = "sysdig does not open it, or shows no event of it"
        if self.problem:
            return
        made = run([reel, "import", path, "-o", self.imported])
        if made.returncode not in (0, 3):
            self.problem = "import: " + made.stderr.decode(errors="replace").strip()
            return
        self.kinds = dict(line.split(" ", 1) for line in listing)
        self.uncounted = sorted(int(number) for number in self.ask(f"evt.type in ({UNCOUNTED})"))
        self.ours = self.answer("not evt.type in (useradded)")
        self.common = set(self.kinds) & self.ours

    def sysdig(self, text, form):
        ends = f"(evt.dir=< or evt.type in ({ONLY_ENTER}))"
        question = ends if text is None else f"({text}) and {ends}"
        result = run(["sysdig", "-r", self.path, "-p", form, question])
        self.crashes = result.returncode < 0
        if result.returncode != 0 and b"filter" in result.stderr:
            raise ValueError(result.stderr.decode(errors="replace").strip())
        return result.stdout.decode(errors="replace").splitlines()

    def ask(self, text):
        result = run([self.reel, "events", self.imported, "-p", "%evt.num", text])
        if result.returncode not in (0, 3):
            raise ValueError(result.stderr.decode(errors="replace").strip())
        return result.stdout.decode().split()

    def answer(self, text):
        """What Reel selects, by the numbers of sysdig."""
        if re.search(r"evt\.num", text):
            text = re.sub(r"(evt\.num \S+ )(\d+)", lambda match: match[1] + self.counted_back(int(match[2])), text)
        numbers = (int(number) for number in self.ask(text))
        return {str(number - bisect.bisect_right(self.uncounted, number)) for number in numbers}

    def counted_back(self, number):
        """The number that Reel has for an event of sysdig."""
        for position, uncounted in enumerate(self.uncounted):
            if uncounted - position > number:
                return str(number + position)
        return str(number + len(self.uncounted))

    def compare(self, text):
        """The events that only sysdig and that only Reel selects, of those that both have."""
        theirs = set(self.sysdig(text, "%evt.num"))
        ours = self.answer(text)
        return (theirs - ours) & self.common, (ours - theirs) & self.common, len(theirs & self.common)

    def describe(self, number):
        """An event as both see it."""
        shown = "*%evt.num %proc.name %evt.type %fd.name %evt.args"
        theirs = self.sysdig(f"evt.num = {number}", shown)
        ours = run([self.reel, "events", self.imported, f"evt.num = {self.counted_back(int(number))}", "-p", shown])
        return f"      sysdig: {' '.join(theirs)[:240]}\n      reel:   {ours.stdout.decode(errors='replace').strip()[:240]}"

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


class Report:
    """Counts, and what differs without a reason: for each question the capture, the event, and who alone selects it."""

    def __init__(self, listed):
        self.listed = {""} | set(listed)
        self.differences = Differences()
        self.compared = self.selected = self.agreed = self.explained = 0
        self.reasons = {}
        self.left = {}

    def note(self, capture, text, number, who):
        """Takes a difference down. Returns whether it has no reason."""
        kind = f"{who} {capture.kinds.get(number, '')}"
        reason = self.differences.reason(capture.name, text, kind, text not in self.listed)
        if reason is None:
            self.left.setdefault(text, []).append((capture, number, who))
            return True
        self.reasons[reason] = self.reasons.get(reason, 0) + 1
        self.explained += 1
        return False

    def add(self, capture, text, answer):
        if isinstance(answer, str):
            self.left.setdefault(f"{text}: {answer}", []).append((capture, None, ""))
            return
        theirs, ours, count = answer
        self.compared += 1
        self.selected += count
        different = [self.note(capture, text, number, "sysdig") for number in sorted(theirs, key=int)]
        different += [self.note(capture, text, number, "Reel") for number in sorted(ours, key=int)]
        self.agreed += not any(different)

    def show(self, limit):
        """Prints all. Returns how much has no reason."""
        for text, found in self.left.items():
            names = {capture.name for capture, _, _ in found}
            print(f"{text or 'events that one alone has'}: {len(found)} events of {len(names)} captures")
            seen = set()
            for capture, number, who in found:
                if number is None or len(seen) >= limit:
                    break
                kind = (who, capture.kinds.get(number))
                if kind not in seen:
                    seen.add(kind)
                    print(f"    only {who} selects, in {capture.name}:\n{capture.describe(number)}")
        for reason, count in sorted(self.reasons.items()):
            print(f"  {count} times: {reason}")
        for entry in self.differences.entries:
            if not entry["used"]:
                print(f"  not met: {entry['reason']}")
        unexplained = sum(len(found) for found in self.left.values())
        print(
            f"{self.agreed} of {self.compared} answers agree ({self.selected} events selected); {self.explained} differences"
            f" have a reason, {unexplained} have none"
        )
        return unexplained


def guarded(capture, text):
    try:
        return capture.compare(text)
    except ValueError as error:
        return str(error)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reel", required=True)
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", type=int, default=2)
    parser.add_argument("captures", nargs="+")
    options = parser.parse_args()
    with open(os.path.join(HERE, "filters.txt"), encoding="utf-8") as file:
        filters = [line.strip() for line in file if line.strip() and not line.startswith("#")]
    report = Report(filters)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as pool:
        for path in options.captures:
            capture = Capture(path, options.reel, folder)
            if capture.problem:
                print(f"{capture.name}: left out: {capture.problem}")
                continue
            for number in sorted(set(capture.kinds) - capture.common, key=int):
                report.note(capture, "", number, "sysdig")
            for number in sorted(capture.ours - capture.common, key=int):
                report.note(capture, "", number, "Reel")
            generator = random.Random(f"{options.seed} {capture.name}")
            known = {}
            asked = filters + [random_filter(generator, capture, known) for _ in range(options.random)]
            for text, answer in zip(asked, pool.map(lambda text, capture=capture: guarded(capture, text), asked)):
                report.add(capture, text, answer)
            print(f"{capture.name}: {len(capture.common)} events, {len(asked)} filters", flush=True)
        sys.exit(1 if report.show(options.show) else 0)


if __name__ == "__main__":
    main()
