#!/usr/bin/python3
"""Reads capture files as formats/capture.md says they are to be read, and nothing else: it shares no line with Reel.

    scripts/read-capture.py --facts FILE      what is in it: header, frames, totals, losses, states, what is damaged;
                                              one object for each section of the file
    scripts/read-capture.py --events FILE     its events, one object a line
    scripts/read-capture.py --states FILE     the rows of its states, likewise
    scripts/read-capture.py --seals KEY FILE  its seals, one object a line, checked with a public key
    scripts/read-capture.py --contents FILE…  one object a file: all of this, as formats/conformance has it

What is missing is null; in the rows of dimensions it is left out. Texts and names that are not UTF-8, and all payloads,
are {"hex": "..."}. Exit status: 0 all was read; 2 the file is refused; 3 some of it is damaged or there is no tail.

Beside Python it needs Debian's python3-lz4 and python3-zstandard.
"""

import argparse
import itertools
import os
import sys

from capture_reader.capture import Capture
from capture_reader.coding import Damaged, Refused
from capture_reader.conformance import contents_of
from capture_reader.facts import Scan
from capture_reader.frames import File
from capture_reader.output import EventLines, encoded
from capture_reader.seals import check, public_key
from capture_reader.sections import sections


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--facts", action="store_true", help="one object: what is in the file, by looking at all of it")
    what.add_argument("--events", action="store_true", help="the events")
    what.add_argument("--states", action="store_true", help="the rows of states")
    what.add_argument("--seals", metavar="KEY", help="the seals, checked with a public key")
    what.add_argument("--contents", action="store_true", help="for each of several files one object")
    parser.add_argument("--hop", action="store_true", help="read from frame to frame, as if there were no tail")
    parser.add_argument("--limit", type=int, metavar="N", help="stop after N lines")
    parser.add_argument("--columns", metavar="NAMES", help="of dimension rows only these columns, with commas between")
    parser.add_argument("files", metavar="FILE", nargs="+")
    options = parser.parse_args()
    if not options.contents and len(options.files) > 1:
        parser.error("one FILE at a time, but for --contents")
    return options


def event_lines(capture, options):
    columns = None if options.columns is None else set(options.columns.split(","))
    for _, chunk in capture.chunks():
        yield from EventLines(chunk, columns)


def state_lines(capture, options):
    columns = None if options.columns is None else set(options.columns.split(","))
    for state, chunk in capture.states():
        for line in EventLines(chunk, columns):
            yield f'{{"state":{encoded(state)},"row":{line}}}'


def show(capture, options):
    """Prints what was asked for; whether all of it was there."""
    if options.facts:
        facts = Scan(capture).facts()
        print(encoded(facts))
        return facts["complete"] and not facts["damaged_bytes"] and not facts["findings"]
    if options.seals:
        found = check(capture, public_key(options.seals))
        for seal in found:
            print(encoded(seal))
        return bool(found) and found[-1]["is_last"] and all(seal["signed"] and seal["chain"] for seal in found)
    lines = event_lines(capture, options) if options.events else state_lines(capture, options)
    for line in itertools.islice(lines, options.limit):
        print(line)
    return capture.by_tail and not capture.lost


def main():
    options = arguments()
    path = options.files[0]
    try:
        if options.contents:
            for path in options.files:
                print(encoded(contents_of(path)))
            return 0
        whole = True
        for section in sections(File(path)):
            capture = Capture(section, by_tail=not options.hop)
            whole = show(capture, options) and whole
            for offset, what in ([] if capture.unusable_tail is None else [capture.unusable_tail]) + capture.lost:
                print(f"read-capture.py: {path}: at {offset}: {what}", file=sys.stderr)
        sys.stdout.flush()
        return 0 if whole else 3
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (Refused, Damaged, OSError) as error:
        print(f"read-capture.py: {path}: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
