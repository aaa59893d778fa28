#!/usr/bin/python3
"""Compares what rules match in Reel with what sysdig selects with their conditions, over captures in sysdig's format.

    compare_rules.py --reel REEL --rules FILE... [--every N] CAPTURE...

The conditions are those with macros, lists and exceptions put in place, as `reel rules list` shows them. Rules whose
condition sysdig 0.29 does not understand are listed. Reasons for differences are those of the comparison of filters.
"""

import argparse
import bisect
import json
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "LiveTests", "workload", "sysdig"))
# pylint: disable=wrong-import-position
from compare import Capture, Report, run


def described(reel, rules):
    """The rules, each with the condition that is asked."""
    result = run([reel, "rules", "list", "--json", "-r"] + rules)
    if result.returncode != 0:
        sys.exit(result.stderr.decode(errors="replace").strip())
    return [json.loads(line) for line in result.stdout.decode().splitlines()]


def matched(capture, rules):
    """The numbers, as sysdig counts, of the events that each rule matches."""
    result = run(
        [capture.reel, "rules", "run", capture.imported, "--matching", "all", "--rule", "*", "--json"]
        + ["--json-without", "output,tags", "-r"] + rules
    )
    if result.returncode not in (0, 3):
        raise ValueError(result.stderr.decode(errors="replace").strip())
    found = {}
    for line in result.stdout.decode(errors="replace").splitlines():
        alert = json.loads(line)
        number = int(alert["output_fields"]["evt.num"])
        found.setdefault(alert["rule"], set()).add(str(number - bisect.bisect_right(capture.uncounted, number)))
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reel", required=True)
    parser.add_argument("--rules", nargs="+", required=True)
    parser.add_argument("--every", type=int, default=1, help="compare only every so many rules of each capture")
    parser.add_argument("--show", type=int, default=3)
    parser.add_argument("captures", nargs="+")
    options = parser.parse_args()
    rules = [rule for rule in described(options.reel, options.rules) if not rule["skipped"]]
    report = Report([rule["asked"] for rule in rules])
    foreign = {}
    skipped = []
    with tempfile.TemporaryDirectory() as folder:
        for place, path in enumerate(options.captures):
            capture = Capture(path, options.reel, folder)
            if capture.problem:
                skipped.append(f"{capture.name}: {capture.problem}")
                continue
            ours = matched(capture, options.rules)

            def compare(rule, capture=capture, ours=ours):
                if rule["rule"] in foreign:
                    return rule, None
                try:
                    theirs = set(capture.sysdig(rule["asked"], "%evt.num"))
                except ValueError as problem:
                    foreign[rule["rule"]] = str(problem).splitlines()[0]
                    return rule, None
                own = ours.get(rule["rule"], set())
                both = capture.common
                return rule, ((theirs - own) & both, (own - theirs) & both, len(theirs & both))

            chosen = rules[place % options.every :: options.every]
            with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
                for rule, answer in pool.map(compare, chosen):
                    if answer is not None:
                        report.add(capture, rule["asked"], answer)
    for line in skipped:
        print(f"not compared: {line}")
    print(f"{len(rules) - len(foreign)} of {len(rules)} rules have conditions that sysdig understands; not these:")
    for name, problem in sorted(foreign.items()):
        print(f"  {name}: {problem[:120]}")
    names = {rule["asked"]: rule["rule"] for rule in rules}
    print(
        f"compared {report.compared} answers ({report.selected} events selected by sysdig), {report.agreed} equal"
        f" or explained; {report.explained} events differ for a known reason"
    )
    for reason, count in sorted(report.reasons.items()):
        print(f"  {count:6} {reason}")
    for text, found in report.left.items():
        print(f"DIFFERS: {names.get(text, text)}")
        for capture, number, who in found[: options.show]:
            print(f"    {capture.name} event {number}: only {who}")
    return 1 if report.left else 0


if __name__ == "__main__":
    sys.exit(main())
