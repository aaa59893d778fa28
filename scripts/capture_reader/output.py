"""Events and rows as lines of JSON.

What is missing in a dimension row is left out; what is not UTF-8 is hexadecimal.
"""

import json

from .schema import BYTES, COLUMNS, has_column

# A chain of more ancestors is cut, so that no file makes lines without end.
GREATEST_CHAIN = 1000
CACHED = 1 << 24


def text(value):
    if value is None:
        return None
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return {"hex": value.hex()}


def plain(value):
    """The same with all bytes as texts."""
    if isinstance(value, dict):
        return {_key(key): plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    return text(value) if isinstance(value, bytes) else value


def _key(key):
    return key.decode("utf-8", "backslashreplace") if isinstance(key, bytes) else key


def encoded(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class EventLines:
    """The events of one chunk. `columns` restricts which columns of dimensions are shown."""

    def __init__(self, chunk, columns=None):
        self.chunk, self.columns = chunk, columns
        self._cache, self._cached = {}, 0

    def __iter__(self):
        chunk = self.chunk
        core, ranks = chunk.core, {}
        for event in range(chunk.head.events):
            number = core["type"][event]
            rank = ranks.get(number, 0)
            ranks[number] = rank + 1
            lineage, thing = core["lineage"][event], core["object"][event]
            first = {
                "number": core["number"][event],
                "time": core["time"][event],
                "latency": core["latency"][event],
                "type": chunk.schema.types[number].name,
                "cpu": core["cpu"][event],
                "flags": core["flags"][event],
                "result": core["result"][event],
                "arguments": self._arguments(number, rank),
            }
            yield (
                f'{encoded(first)[:-1]},"lineage":{self._lineage(lineage)},'
                f'"object":{"null" if thing is None else self._row_text("objects", thing)}}}'
            )

    def _arguments(self, number, rank):
        found = {}
        for index, parameter in enumerate(self.chunk.schema.types[number].parameters):
            if has_column(parameter):
                value = self.chunk.argument(number, index, rank)
                if isinstance(value, bytes):
                    value = {"hex": value.hex()} if parameter.storage == BYTES else text(value)
                found[parameter.name] = value
        return found

    def _remember(self, key, make):
        found = self._cache.get(key)
        if found is None:
            found = make()
            self._cached += len(found)
            if self._cached > CACHED:
                self._cache, self._cached = {}, 0
            self._cache[key] = found
        return found

    def _row_text(self, table, row):
        return self._remember((table, row), lambda: encoded(self.row(table, row)))

    def _lineage(self, row):
        """The thread, its parent, and so on; leaders by the ids of their threads."""
        if row is None:
            return "null"
        return self._remember(("chain", row), lambda: "[" + ",".join(self._chain(row)) + "]")

    def _chain(self, row):
        chunk = self.chunk
        for _ in range(GREATEST_CHAIN):
            if row is None:
                return
            thread = chunk.cell("lineages", "thread", row)
            leaders = {}
            for name in ("sessionLeader", "groupLeader"):
                leader = chunk.cell("lineages", name, row)
                if leader is not None:
                    leaders[name] = chunk.cell("threads", "tid", leader)
            yield self._remember(
                ("link", row), lambda: encoded({**self.row("threads", thread), **leaders})
            )
            row = chunk.cell("lineages", "parent", row)
        yield '"..."'

    def row(self, table, row):
        """A dimension row by the names of its columns; rows that it refers to stand inside."""
        chunk, found = self.chunk, {}
        for name, target in COLUMNS[table].items():
            if self.columns is not None and name not in self.columns and target not in ("images", "containers"):
                continue
            value = chunk.cell(table, name, row)
            if value is None:
                continue
            if target == "strings":
                found[name] = text(chunk.texts[value])
            elif target is None:
                found[name] = value
            else:
                inside = self.row(target, value)
                if inside or self.columns is None:
                    found[name] = inside
        return found
