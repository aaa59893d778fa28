"""Reads the calls of a capture through the command line, as any user would."""

import json
import subprocess
from dataclasses import dataclass


@dataclass
class Event:
    number: int
    thread: int
    call: str  # the kernel's name
    type: str
    code: int | None  # its number on x86_64
    result: int | None
    raw: dict  # parameters as they are
    shown: dict  # parameters with names
    unreadable: bool
    truncated: bool
    object: str | None  # the name of its object


class Capture:
    def __init__(self, reel, path, schema_path, container=None):
        self.reel, self.path = reel, path
        # strace in a container knows threads by the ids that they have there, which others have elsewhere.
        self.thread = "thread.vtid" if container else "thread.tid"
        self.scope = f" and container.name = {container}" if container else ""
        with open(schema_path) as text:
            schema = json.load(text)
        self.types = {event["name"]: event for event in schema["events"]}
        # By name, the bits that it stands for, and the field that these lie in.
        self.tables = {
            table["name"]: [(e["name"], int(e["value"], 16), int(e.get("mask", e["value"]), 16)) for e in table["entries"]]
            for table in schema["flagTables"]
        }

    def run(self, *arguments):
        done = subprocess.run([self.reel, *arguments], capture_output=True)
        # 2: nothing matched.
        if done.returncode not in (0, 2) or (done.returncode == 2 and done.stdout):
            raise SystemExit(f"reel {' '.join(arguments)[:200]}: {done.stderr.decode()}")
        # Not `splitlines`, which also ends lines at signs that payloads may hold.
        return [json.loads(line) for line in done.stdout.decode("utf-8", "replace").split("\n") if line]

    def losses(self):
        return self.run("info", self.path, "--json")[0]["lost"]

    def threads(self, wanted):
        """The calls of these threads in the order in which they returned, by thread."""
        counts = self.run("count", self.path, "--by", "evt.type", "--json")
        threads = {}
        names = [count["evt.type"] for count in counts]
        names = sorted(name for name in names if "call" in self.types[name].get("traits", "").split())
        # Some types at once: each question costs the start of a program, each field a place in every line.
        for start in range(0, len(names), 16):
            for event in self.events(names[start : start + 16]):
                if event.thread in wanted:
                    threads.setdefault(event.thread, []).append(event)
        for events in threads.values():
            events.sort(key=lambda event: event.number)
        return threads

    def events(self, names):
        """The events of these types."""
        parameters = {parameter[0] for name in names for parameter in self.types[name]["parameters"]}
        fields = ["evt.num", "evt.type", self.thread, "syscall.type", "evt.rawres", "evt.args", "evt.is_unreadable",
                  "evt.is_truncated", "fd.name", *(f"evt.rawarg.{name}" for name in sorted(parameters))]
        rows = self.run("events", self.path, f"evt.type in ({', '.join(names)}){self.scope}", "--json", "-p",
                        "*" + " ".join("%" + field for field in fields))
        for row in rows:
            type = self.types[row["evt.type"]]
            yield Event(
                row["evt.num"], row[self.thread], row["syscall.type"] or type.get("call", row["evt.type"]),
                row["evt.type"], type.get("x86_64"), row["evt.rawres"],
                {parameter[0]: row[f"evt.rawarg.{parameter[0]}"] for parameter in type["parameters"]},
                row["evt.args"] or {}, bool(row["evt.is_unreadable"]), bool(row["evt.is_truncated"]), row["fd.name"])
