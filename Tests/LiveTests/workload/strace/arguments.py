"""Compares the parameters of an event with the arguments of strace's call, by where each parameter comes from."""

import collections
import json
import re

from equivalence import (
    SNAP_LENGTH, Unknown, address_text, as_integer, find, inner, lossy, names_of, nanoseconds, vector_bytes, width)
from strace_text import Changed, Number, Sequence, Structure, Text, Words


class Comparison:
    def __init__(self, schema_path, map_path):
        with open(schema_path) as text:
            schema = json.load(text)
        with open(map_path) as text:
            self.map = json.load(text)
        self.types = {event["name"]: event for event in schema["events"]}
        self.tables = {
            table["name"]: [(entry["name"], int(entry["value"], 16), int(entry.get("mask", entry["value"]), 16))
                            for entry in table["entries"]]
            for table in schema["flagTables"]
        }
        self.compared = 0
        self.undecoded = collections.Counter()
        self.samples = {}
        self.unshown = collections.Counter()

    def differences(self, call, event):
        """The parameters that do not agree, each with what both say."""
        problems = []
        covered = set()
        call.name = self.map["calls of the 32-bit entry"].get(call.name, call.name)
        for parameter in self.types[event.type]["parameters"]:
            name, type, source = parameter[:3]
            raw, shown = event.raw.get(name), event.shown.get(name)
            try:
                position, difference = self.parameter(call, event, parameter, raw, shown)
                if position is not None:
                    covered.add(position)
                    self.compared += 1
            except Unknown as reason:
                self.unshown[f"{call.name}.{name}: {reason}"[:120]] += 1
                covered.add(self.position(call, source) if "(" in source or source.startswith("arg") else None)
                continue
            if difference:
                problems.append((name, difference))
        for position, argument in enumerate(call.arguments):
            if position not in covered and isinstance(inner(argument), (Structure, Sequence, Text)):
                self.undecoded[call.name, position] += 1
                self.samples[call.name, position] = f"{argument}"
        return problems

    def position(self, call, source):
        """Which of strace's arguments a register is."""
        register = int(re.search(r"arg(\d)", source).group(1))
        order = self.map["positions"].get(call.name)
        if order is None:
            return register
        where = order[register] if register < len(order) else None
        if isinstance(where, str):
            labels = list(call.labels)
            return labels.index(where) if where in labels else None
        return where

    def parameter(self, call, event, parameter, raw, shown):
        name, type, source = parameter[:3]
        key = f"{call.name}.{name}"
        if key in self.map["uncompared"]:
            return None, None
        if name == "passed_fds":
            return None, self.passed(call, raw)
        if name.endswith("_option"):
            # Another name of the option, at one level.
            source = "arg2"
            if not self.holds(event, parameter[3]):
                return None, None if raw is None else f"{raw!r} at another level"
        if source == "ret" or source == "assembled" or source.startswith("object."):
            return None, None
        if source.startswith("thread."):
            return self.image(call, event, name, raw)
        position = self.position(call, source)
        if position is None or position >= len(call.arguments):
            return None, None
        argument = call.arguments[position]
        if len(parameter) == 4 and not self.holds(event, parameter[3]):
            if raw is None or "(" in source:
                return position, None if raw is None else f"{raw!r} without its condition"
        capture = re.match(r"(\w+)\(([^)]*)\)(.*)$", source)
        if not capture:
            return position, self.register(call, event, parameter, argument, raw, shown)
        kind, _, member = capture.groups()
        compare = getattr(self, "of_" + kind)
        return position, compare(call, event, parameter, argument, raw, shown, member)

    def passed(self, call, raw):
        """The descriptors that a message passes."""
        message = inner(call.arguments[1]) if len(call.arguments) > 1 else None
        if isinstance(message, Sequence) and message.items:
            message = inner(message.items[0])
        if isinstance(message, Structure):
            message = message.fields.get("msg_hdr", message)
        control = message.fields.get("msg_control") if isinstance(message, Structure) else None
        wanted = []
        for item in control.items if isinstance(control, Sequence) else []:
            if item.fields["cmsg_level"].value == 1 and item.fields["cmsg_type"].value == 1:
                wanted += [str(number.value) for number in item.fields["cmsg_data"].items]
        return None if (raw or "") == ",".join(wanted) else f"{raw}, not {wanted}"

    def holds(self, event, condition):
        if condition == "ret>0":
            return event.result is not None and event.result > 0
        name, values = condition.split("=")
        name, _, mask = name.partition("&")
        value = event.raw.get(name)
        return value is not None and str(value & int(mask) if mask else value) in values.split("|")

    def image(self, call, event, name, raw):
        """What was executed is read from the new program."""
        if call.name not in ("execve", "execveat") or event.result != 0 or name not in ("args", "env", "exe"):
            return None, None
        first = 1 if call.name == "execve" else 2
        if len(call.arguments) < first + 2:
            return None, None  # the second half of a line: the thread took its leader's place
        if name == "env":
            value = inner(call.arguments[first + 1])
            wanted = [] if isinstance(value, Number) else value.items
        else:
            value = inner(call.arguments[first])
            if isinstance(value, Number):
                return None, None
            wanted = value.items[1:] if name == "args" else value.items[:1]
        texts = [lossy(item.data) for item in wanted if isinstance(item, Text)]
        expected = "".join(text + "\0" for text in texts) if name != "exe" else (texts or [""])[0]
        if name == "env" and not expected:
            expected = None
        if (raw or None) == (expected or None):
            return first, None
        # The longest are cut, and say so.
        if raw and expected and event_is_cut(raw, expected):
            return first, None
        return first, f"{raw!r:.150}, not {expected!r:.150}"

    def register(self, call, event, parameter, argument, raw, shown):
        name, type = parameter[:2]
        type, _, table = type.partition(":")
        value = argument.before if isinstance(argument, Changed) else argument
        if raw is None:
            return "missing"
        if isinstance(value, Words):
            raise Unknown(value.text)
        if not isinstance(value, Number):
            if isinstance(value, (Structure, Sequence, Text)) and type in ("address", "raw", "int64", "uint64"):
                return None if raw else f"0, where strace read {value}"
            value = Number(as_integer(value, type))
        bits = width(type)
        # Registers are wider than what some calls take of them, and strace shows what they take.
        if type == "raw" and -(1 << 31) <= value.value < 1 << 32:
            bits = 32
        if raw % (1 << bits) != value.value % (1 << bits):
            return f"{raw} ({shown}), not {value.value} {value.names}"
        return self.names(call, event, parameter, value, shown, raw)

    def names(self, call, event, parameter, value, shown, raw):
        """Whether the names of flags agree: what strace names, Reel names, in the ecosystem's words."""
        _, _, table = parameter[1].partition(":")
        if not table or not value.names:
            return None
        bits = {name: bits for name, bits, _ in self.tables[table]}
        fields = {name: mask for name, bits, mask in self.tables[table] if mask != bits}
        beside = self.tables_beside(event, parameter)
        lacking, missing = [], []
        said = 0
        for name in names_of(str(shown)):
            said |= bits.get(name, 0)
        for name in sorted(set().union(*(names_of(text) for text in value.names if not text.startswith("makedev")))):
            for ours in self.in_our_words(name, table):
                if ours in bits:
                    # A field that holds no value of its own has no name; strace names its bits.
                    if ours in fields and raw & fields[ours] != bits[ours]:
                        continue
                    # A name of several bits may stand for what we say in parts: the numbers are the same already.
                    if ours not in names_of(str(shown)) and bits[ours] & ~said:
                        missing.append(ours)
                elif ours not in beside and not self.is_strange(ours, table):
                    lacking.append(ours)
        if lacking:
            return f"no name {', '.join(lacking)} in {table}; {raw:#x} is {shown}"
        return f"{shown} without {', '.join(missing)}" if missing else None

    def in_our_words(self, name, table):
        """What strace's name for a flag is called in the ecosystem's tables."""
        if "???" in name or "(" in name:
            return []
        prefix = self.map["prefixes"].get(table)
        if prefix and name.startswith(prefix):
            name = name[len(prefix) :]
        for suffix, flag in self.map["suffixes"].get(table, {}).items():
            if name.endswith(suffix):
                return [name[: -len(suffix)], flag]
        return self.map["aliases"].get(name, [name])

    def is_strange(self, name, table):
        """Whether it is listed, with a reason, that we have no such name."""
        return any(
            table in entry.get("tables", [table]) and (name in entry["names"] or entry["names"] == ["*"])
            for entry in self.map["only strace"])

    def capabilities(self, table, found, raw, shown):
        """strace names 64 bits, Reel has two parameters of 32: the names that belong to this one are those of its table."""
        bits = {name: bits for name, bits, _ in self.tables[table]}
        wanted = 0
        for text in found.names:
            for name in names_of(text):
                wanted |= bits.get(name.removeprefix("1<<"), 0)
        return None if raw == wanted else f"{raw} ({shown}), not {found.names}"

    def tables_beside(self, event, parameter):
        """The names of all parameters that come from the same place: one register may hold a kind and flags."""
        type = self.types[event.type]
        known = set()
        for other in type["parameters"]:
            table = other[1].partition(":")[2]
            if table and (other[2] == parameter[2] or parameter[0] == "optname" and other[0].endswith("_option")):
                known |= {name for name, _, _ in self.tables[table]}
        return known

    def of_string(self, call, event, parameter, argument, raw, shown, member):
        value = inner(argument)
        if isinstance(value, Number):
            # Nothing there, or nothing that could be read.
            if call.name.startswith("syscall_0x") or "_out" in parameter[2]:
                raise Unknown("strace shows the address alone")
            if value.value and not event.unreadable and raw is None:
                return "missing and not flagged"
            return None if raw is None else f"{raw!r}, where strace has {value.value:#x}"
        if isinstance(value, Sequence) and len(value.items) == 1:
            value = inner(value.items[0])
        if not isinstance(value, Text):
            raise Unknown(f"{value}")
        if raw is None and not parameter[2].startswith("string_out"):
            return f"missing, not {value.data[:80]!r}"
        if raw is None:
            return "missing" if event.result is not None and event.result >= 0 else None
        wanted = lossy(value.data)
        if raw == wanted or (value.truncated and wanted.startswith(raw[:200])) or (
                event.truncated and wanted.startswith(raw) and len(raw) >= 500):
            return None
        return f"{raw[:150]!r}, not {wanted[:150]!r}"

    of_string_out = of_string

    def of_struct(self, call, event, parameter, argument, raw, shown, member):
        name, type, source = parameter[:3]
        type, _, table = type.partition(":")
        is_out = "_out(" in source
        path = self.map["members"].get(f"{call.name}.{name}", name)
        if path is None:
            raise Unknown("not shown")
        value = argument
        is_moved = f"{call.name}.{name}" in self.map["moved on"]
        if isinstance(value, Changed):
            value = value.after if is_out or is_moved else value.before
        if not is_out and not is_moved and isinstance(value, Sequence) and len(value.items) == 1 and isinstance(value.items[0], Changed):
            value = value.items[0].before
        for whole in (Number,):
            if isinstance(inner(value), whole):
                if raw is not None and not (is_out and event.result is not None and event.result >= 0):
                    if type == "bytes" and not raw:
                        return None
                    raise Unknown("strace shows the address alone")
                return None
        if type == "bytes":
            return self.array(call, inner(value), raw)
        if path == "":
            found = value
        else:
            found = find(value, path.split(".")) if path else value
        if found is None:
            return None if raw is None else f"{raw}, where strace has none"
        if raw is None:
            if is_out and event.result is not None and event.result < 0:
                return None
            raise_missing = isinstance(inner(found), Number) and "NULL" in inner(found).names
            return None if raise_missing else f"missing, not {found}"
        if table.startswith("capabilities"):
            return self.capabilities(table, found, raw, shown)
        if "timespec" in member:
            wanted = nanoseconds(found)
        else:
            wanted = as_integer(found, type)
        # Reel reads what the call left behind: a position behind what was moved, the rest of a time.
        key = f"{call.name}.{name}"
        if key in self.map["moved on"] and not isinstance(argument, Changed) and event.result > 0:
            wanted += event.result
        if key in self.map["time left"]:
            if raw == time_left(call, wanted, name) or event.result < 0 and 0 <= raw <= max(wanted, 999_999):
                return None
        bits = width(type)
        if raw % (1 << bits) != wanted % (1 << bits):
            return f"{raw} ({shown}), not {wanted}"
        if isinstance(inner(found), Number):
            return self.names(call, event, parameter, inner(found), shown, raw)
        return None

    of_struct_out = of_structs = of_structs_out = of_struct

    def of_sockaddr(self, call, event, parameter, argument, raw, shown, member):
        wanted = address_text(argument)
        if wanted is None or (event.result is not None and event.result < 0 and "_out" in parameter[2]):
            return None if raw is None else f"{shown!r}, where strace has none"
        if isinstance(shown, str):
            ours = shown.replace("[", "").replace("]", "")
            wanted = wanted.replace("[", "").replace("]", "")
            return None if ours == wanted else f"{shown!r}, not {wanted!r}"
        return f"missing, not {wanted!r}" if wanted else None

    of_sockaddr_out = of_sockaddr

    def of_counted_out(self, call, event, parameter, argument, raw, shown, member):
        value = inner(argument)
        if isinstance(value, Sequence) and len(value.items) == 1 and raw and len(raw) == 4:
            return self.array(call, value, raw)
        raise Unknown("bytes in words of strace's own")

    def payload(self, event, data, whole, raw, length):
        if data is None:
            return None if not raw else f"{raw[:60]!r}, where strace read nothing"
        wanted = data[: min(SNAP_LENGTH, length)]
        if raw is None:
            return f"missing, not {wanted[:60]!r}" if wanted and not event.unreadable else None
        shown = lossy(wanted)
        if raw == shown or (not whole and shown.startswith(raw)):
            return None
        return f"{raw[:100]!r}, not {shown[:100]!r}"

    def of_payload(self, call, event, parameter, argument, raw, shown, member):
        value = inner(argument)
        if isinstance(value, Sequence) and not value.items:
            return None
        if isinstance(value, Number):
            return self.payload(event, None, True, raw, 0)
        if not isinstance(value, Text) or event.result is None:
            raise Unknown("no bytes")
        if event.result <= 0:
            return None if not raw else f"{raw[:60]!r}, though nothing was moved"
        if self.has_no_payload(call, event):
            return None
        return self.payload(event, value.data, not value.truncated, raw, event.result)

    of_payload_within = of_payload

    def array(self, call, value, raw):
        """Arrays of numbers and of `pollfd`, whose bytes can be told from text as long as they are ASCII."""
        if raw is None or not isinstance(value, Sequence) or not raw.isascii():
            raise Unknown("bytes of a structure")
        data, wanted = raw.encode(), b""
        for item in value.items:
            item = inner(item)
            if isinstance(item, Number):
                wanted += (item.value % (1 << 32)).to_bytes(4, "little")
            elif isinstance(item, Structure) and "events" in item.fields and "fd" in item.fields:
                # What came of it stands elsewhere in strace's line.
                wanted += (item.fields["fd"].value % (1 << 32)).to_bytes(4, "little")
                wanted += item.fields["events"].value.to_bytes(2, "little")
                wanted += data[len(wanted) : len(wanted) + 2]
            else:
                raise Unknown("bytes of a structure")
        return None if data == wanted[:1024] else f"{data[:40]}, not {wanted[:40]}"

    def of_buffer(self, call, event, parameter, argument, raw, shown, member):
        value = inner(argument)
        if call.name == "setsockopt" and isinstance(value, Sequence) and len(value.items) == 1 and raw and len(raw) == 4:
            return self.array(call, value, raw)
        if isinstance(value, Number) or isinstance(value, Sequence):
            raise Unknown("no bytes")
        if not isinstance(value, Text):
            raise Unknown("no bytes")
        return self.payload(event, value.data, not value.truncated, raw, len(value.data))

    of_buffer_out = of_buffer

    def of_vector(self, call, event, parameter, argument, raw, shown, member):
        if event.result is None or event.result <= 0:
            return None if not raw else f"{raw[:60]!r}, though nothing was moved"
        data, whole = vector_bytes(argument)
        if self.has_no_payload(call, event):
            return None
        return self.payload(event, data, whole, raw, event.result if whole else len(data or b""))

    def of_message(self, call, event, parameter, argument, raw, shown, member):
        value = inner(argument)
        if isinstance(value, (Number, Words)):
            return None if not raw else f"{raw[:60]!r}, where strace read nothing"
        return self.of_vector(call, event, parameter, argument, raw, shown, member)

    def of_messages(self, call, event, parameter, argument, raw, shown, member):
        if isinstance(inner(argument), Number):
            return None if not raw else f"{raw[:60]!r}, where strace read nothing"
        if event.result is None or event.result <= 0:
            return None if not raw else f"{raw[:60]!r}, though nothing was moved"
        data = b""
        for item in inner(argument).items[: event.result]:
            message = inner(item)
            part, whole = vector_bytes(message)
            data += (part or b"")[: message.fields["msg_len"].value]
            if not whole:
                return self.payload(event, data, False, raw, len(data))
        return self.payload(event, data, True, raw, len(data))

    def of_message_name(self, call, event, parameter, argument, raw, shown, member):
        value = inner(argument)
        if isinstance(value, Sequence) and value.items:
            value = inner(value.items[0])
        if not isinstance(value, Structure):
            return None if raw is None else f"{shown!r}, where strace has none"
        if "msg_hdr" in value.fields:
            value = value.fields["msg_hdr"]
        if "msg_name" not in value.fields:
            raise Unknown("no name")
        return self.of_sockaddr(call, event, parameter, value.fields["msg_name"], raw, shown, member)

    of_message_name_out = of_message_name

    def of_message_control(self, call, event, parameter, argument, raw, shown, member):
        raise Unknown("bytes")

    of_message_control_out = of_message_control

    def of_strings(self, call, event, parameter, argument, raw, shown, member):
        value = inner(argument)
        if event.result == 0 and call.name.startswith("execve"):
            # The memory is gone; `args` says what it was.
            return None
        if isinstance(value, Number):
            return None if raw is None else f"{raw!r:.80}, where strace has {value.value:#x}"
        wanted = "".join(lossy(item.data) + "\0" for item in value.items if isinstance(item, Text))
        if raw == wanted or (raw is not None and event.truncated and event_is_cut(raw, wanted)):
            return None
        return f"{raw!r:.150}, not {wanted!r:.150}"

    def has_no_payload(self, call, event):
        """Devices whose bytes say nothing: they are not copied."""
        return event.object in self.map["devices without payload"]


def time_left(call, wanted, name):
    """What the kernel leaves of the time that a call may wait: nothing after it, what strace says before."""
    left = re.search(r"left \{tv_sec=(\d+), tv_[nu]sec=(\d+)\}", call.note)
    if left:
        seconds, fraction = int(left.group(1)), int(left.group(2))
        return seconds if name.endswith("_sec") else fraction if name.endswith("_usec") else seconds * 10**9 + fraction
    return 0 if call.result == 0 else wanted


def event_is_cut(raw, wanted):
    """Whether a list of texts is the beginning of another; each text may be cut as well."""
    ours, theirs = raw.split("\0"), wanted.split("\0")
    while ours and not ours[-1]:
        ours.pop()
    return len(ours) <= len(theirs) and all(long.startswith(short) for short, long in zip(ours, theirs))
