#!/usr/bin/python3
"""Checks formats/capture.ksy: parses the files of formats/conformance with it and compares with what they hold.

    scripts/check-kaitai.py [ROOT]

Interprets as much of the Kaitai Struct language as that file uses; the compiler for it is in no Debian release. Needs
Debian's python3-yaml, python3-lz4 and python3-zstandard.
"""

import glob
import json
import os
import re
import sys

import yaml

from capture_reader.compression import decompressed

INTEGERS = {"u1": (1, False), "u2": (2, False), "u4": (4, False), "u8": (8, False), "s8": (8, True)}
# The types of what compressed payloads hold.
CONTENTS = {
    "schema": "schema",
    "container": "containers",
    "attachment": "attachment",
    "annotation": "annotation",
    "custody": "custody",
    "summary_page": "summary_page",
    "summary": "summary",
    "rollup": "rollup",
}


class Stream:
    def __init__(self, data):
        self.data, self.pos, self.size = data, 0, len(data)

    def take(self, count):
        if not 0 <= count <= self.size - self.pos:
            raise ValueError(f"{count} bytes at {self.pos} of {self.size}")
        self.pos += count
        return self.data[self.pos - count : self.pos]


class Number(int):
    """An integer of an enumeration."""

    name = None
    to_i = property(int)


class List(list):
    size = property(len)


class Node:
    """What was parsed by a type; instances are found when they are asked for."""

    def __init__(self, grammar, name, stream, outer=None):
        self._grammar, self._name, self._io = grammar, name, stream
        self._type = grammar.types[name] if name else grammar.file
        self._values = {}

    def __getattr__(self, name):
        if name in self._values:
            return self._values[name]
        instance = self._type.get("instances", {}).get(name)
        if instance is None:
            raise AttributeError(f"{self._name} has no {name}")
        return self._grammar.evaluate(instance["value"], self)


class Grammar:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.file = yaml.safe_load(file)
        self.types, self.enums = self.file["types"], self.file["enums"]
        self._compiled = {}

    def enum(self, enum, name):
        return next(number for number, known in self.enums[enum].items() if known == name)

    def parse(self, data, name=None):
        """All of some bytes by a type, or by the file's own; and the bytes that were not asked for."""
        stream = Stream(data)
        return self._node(name, stream), stream.size - stream.pos

    def _node(self, name, stream):
        node = Node(self, name, stream)
        for attribute in node._type["seq"]:
            if "if" not in attribute or self.evaluate(attribute["if"], node):
                node._values[attribute["id"]] = self._attribute(attribute, node, stream)
        return node

    def _attribute(self, attribute, node, stream):
        repeat = attribute.get("repeat")
        if repeat is None:
            return self._one(attribute, node, stream, None)
        found = List()
        node._values[attribute["id"]] = found
        while True:
            if repeat == "eos" and stream.pos == stream.size:
                return found
            if repeat == "expr" and len(found) == self.evaluate(attribute["repeat-expr"], node):
                return found
            found.append(self._one(attribute, node, stream, len(found)))
            if repeat == "until" and self.evaluate(attribute["repeat-until"], node, found[-1]):
                return found

    def _one(self, attribute, node, stream, index):
        if "contents" in attribute:
            found = stream.take(len(attribute["contents"]))
            if list(found) != attribute["contents"]:
                raise ValueError(f"{found.hex()} instead of {attribute['id']}")
            return found
        kind = attribute.get("type")
        if isinstance(kind, dict):
            chosen = self.evaluate(str(kind["switch-on"]), node)
            cases = kind["cases"].items()
            kind = next((name for case, name in cases if self.evaluate(str(case), node) == chosen), None)
        if kind in INTEGERS:
            size, is_signed = INTEGERS[kind]
            value = Number(int.from_bytes(stream.take(size), "little", signed=is_signed))
            if "enum" in attribute:
                value.name = self.enums[attribute["enum"]].get(int(value))
            return value
        if "size" in attribute:
            data = stream.take(self.evaluate(str(attribute["size"]), node, index=index))
        elif attribute.get("size-eos"):
            data = stream.take(stream.size - stream.pos)
        else:
            return self._node(kind, stream)
        return data if kind is None else self._node(kind, Stream(data))

    def evaluate(self, expression, node, last=None, index=None):
        if expression not in self._compiled:
            text = re.sub(r"(\w+)::(\w+)", r"_enum('\1','\2')", str(expression))
            self._compiled[expression] = compile(ternaries(text.strip()), str(expression), "eval")
        return eval(self._compiled[expression], {"__builtins__": {}}, _Names(self, node, last, index))


class _Names(dict):
    def __init__(self, grammar, node, last, index):
        super().__init__(_=last, _index=index, _io=node._io, _enum=grammar.enum)
        self._node = node

    def __missing__(self, name):
        return getattr(self._node, name)


def ternaries(text):
    """`a ? b : c` as Python has it."""
    depth, question, colon = 0, None, None
    for place, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and letter == "?" and question is None:
            question = place
        elif depth == 0 and letter == ":" and question is not None and colon is None:
            colon = place
    if question is not None:
        condition, yes, no = text[:question], text[question + 1 : colon], text[colon + 1 :]
        return f"(({ternaries(yes.strip())}) if ({ternaries(condition.strip())}) else ({ternaries(no.strip())}))"
    return re.sub(r"\(([^()]*\?[^()]*)\)", lambda match: f"({ternaries(match[1].strip())})", text)


def check(grammar, path, expected):
    """What a file says wrongly, or nothing."""
    with open(path, "rb") as file:
        capture, left = grammar.parse(file.read())
    problems = [f"{left} bytes are left"] if left else []
    frames = [[int(frame.sequence), f"{int(frame.type):04X}"] for frame in capture.frames]
    if frames != expected["frames"]:
        problems.append(f"the frames are {frames}")
    events = sum(frame.payload.head.events for frame in capture.frames if frame.type.name == "chunk")
    if events != expected["totals"]["events"]:
        problems.append(f"{events} events")
    lost = sum(frame.payload.count for frame in capture.frames if frame.type.name == "loss")
    if lost != expected["lost"]:
        problems.append(f"{lost} lost")
    states = [int(frame.payload.time) for frame in capture.frames if frame.type.name == "state"]
    if states != [state["time"] for state in expected["states"]]:
        problems.append(f"states of {states}")
    for frame in capture.frames:
        problems += check_frame(grammar, frame, expected)
    return problems


def check_frame(grammar, frame, expected):
    name, payload, problems = frame.type.name, frame.payload, []
    if name == "header":
        said = (payload.file_id.hex(), payload.started, payload.file_index)
        if said != tuple(expected["header"][key] for key in ("file_id", "started", "file_index")):
            problems.append(f"a header says {said}")
    if name in ("chunk", "state"):
        chunk = payload if name == "chunk" else payload.chunk
        block, first = chunk.head.blocks[0], chunk.blocks[0]
        directory, left = grammar.parse(decompressed(int(block.codec), first, int(block.raw), 64 << 20), "directory")
        if left or not all(column.encoding.name for column in directory.columns if column.space.name):
            problems.append(f"a directory with {left} bytes left")
    if name in CONTENTS:
        raw = decompressed(int(payload.codec), payload.stored, int(payload.raw), 64 << 20, name == "schema")
        contents, left = grammar.parse(raw, CONTENTS[name])
        if left:
            problems.append(f"{left} bytes of {name} are left")
        # A summary speaks of frames that are gone, too.
        if name == "summary" and len(expected["frames"]) == expected["frames"][-1][0] + 1:
            totals = next(section.content for section in contents.sections if section.tag.value == 1)
            said = (totals.started.signed, totals.ended.signed, totals.events.value, totals.chunks.value)
            if said != tuple(expected["totals"][key] for key in ("started", "ended", "events", "chunks")):
                problems.append(f"the summary says {said}")
    return problems


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    grammar = Grammar(os.path.join(root, "formats/capture.ksy"))
    checked, wrong = 0, 0
    for path in sorted(glob.glob(os.path.join(root, "formats/conformance/*.json"))):
        with open(path, encoding="utf-8") as file:
            expected = json.load(file)
        # It describes one section in which nothing is wrong.
        if expected["refused"] or expected.get("damaged_bytes", 1):
            continue
        name = os.path.basename(path)[:-5]
        try:
            problems = check(grammar, path[:-5] + ".reel", expected)
        except (ValueError, AttributeError, TypeError) as error:
            problems = [str(error)]
        checked += 1
        wrong += bool(problems)
        for problem in problems:
            print(f"check-kaitai.py: {name}: {problem}", file=sys.stderr)
    if checked == 0:
        print("check-kaitai.py: there are no files to check", file=sys.stderr)
    return 1 if wrong or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
