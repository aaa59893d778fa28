"""Measures what rules over a capture cost, beside sysdig with the union of the same conditions.

    bench_rules.py REEL CAPTURE SCAP|- ROUNDS RULES...

Figures are events for each second of processor time, all of it counted: reading the rules, the capture, and the
answer. The least of the rounds counts; programs take turns.
"""

import json
import os
import resource
import subprocess
import sys

# Events a second of one core: twenty times what was measured of the ecosystem's engine with the same files.
TARGETS = {"all rules": 60e6, "the first file": 110e6}
PEER_FACTOR = 100


def cpu(arguments, environment=None):
    """Processor seconds of a command, and what it said."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(arguments, capture_output=True, check=False, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, result


def count_command(reel, capture, rules):
    return [reel, "rules", "run", capture, "--count", "--json", "--cores", "1", "-r"] + rules


def matches(result):
    return sum(json.loads(line)["count"] for line in result.stdout.decode().splitlines())


def union(reel, scap, rules):
    """The conditions that sysdig understands, joined."""
    listing = subprocess.run([reel, "rules", "list", "--json", "-r"] + rules, capture_output=True, check=True)
    conditions = []
    total = 0
    for line in listing.stdout.decode().splitlines():
        rule = json.loads(line)
        if rule["skipped"] or not rule["enabled"]:
            continue
        total += 1
        tried = subprocess.run(["sysdig", "-n", "1", "-r", scap, rule["asked"]], capture_output=True, check=False)
        if b"filter" not in tried.stderr:
            conditions.append("(" + rule["asked"] + ")")
    return " or ".join(conditions), len(conditions), total


def main():
    reel, capture, scap, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
    rules = sys.argv[5:]
    info = subprocess.run([reel, "info", capture, "--json"], capture_output=True, check=True)
    events = json.loads(info.stdout)["events"]
    kinds = {"all rules": rules, "the first file": rules[:1]}
    least = {}
    found = {}
    condition = ""
    understood = total = 0
    if scap != "-":
        condition, understood, total = union(reel, scap, rules)
    for turn in range(rounds):
        for name, files in kinds.items():
            seconds, result = cpu(count_command(reel, capture, files))
            if result.returncode != 0:
                sys.exit(result.stderr.decode(errors="replace"))
            least[name] = min(least.get(name, seconds), seconds)
            found[name] = matches(result)
        if condition and turn == 0:
            seconds, result = cpu(["sysdig", "-r", scap, "-p", "%evt.num", condition])
            least["sysdig"] = seconds
            found["sysdig"] = len(result.stdout.splitlines())
    print(f"{events:,} events, {os.path.getsize(capture):,} bytes; least of {rounds} rounds, one core")
    for name in kinds:
        rate = events / least[name]
        print(
            f"  {name:16} {least[name]:8.3f} s {rate / 1e6:8.1f} M events/s   target {TARGETS[name] / 1e6:.0f} M"
            f" {'reached' if rate >= TARGETS[name] else 'missed'}   {found[name]:,} matches"
        )
    if condition:
        factor = least["sysdig"] / least["all rules"]
        print(
            f"  sysdig           {least['sysdig']:8.3f} s {events / least['sysdig'] / 1e6:8.1f} M events/s"
            f"   reel is {factor:.0f} × as fast, target {PEER_FACTOR} ×"
            f" {'reached' if factor >= PEER_FACTOR else 'missed'}"
            f"   ({understood} of {total} conditions)"
        )


if __name__ == "__main__":
    main()
