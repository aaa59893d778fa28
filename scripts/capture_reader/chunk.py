"""A chunk: its blocks, the directory, the columns of its events and of the rows that they refer to."""

from array import array

from .coding import MISSING_TIME, Cursor, Damaged, crc32c
from .columns import BYTES_ENCODING, GREATEST_ENCODING, RESULT, SAME, Column, read_missing, read_values, spread
from .compression import decompressed
from .head import GREATEST_RAW, Head
from .schema import BYTES, COLUMNS, STRING, has_column

GREATEST_VALUES = 33_554_432
GREATEST_COLUMNS = 65_536
CORE = {0: "number", 1: "time", 2: "latency", 3: "type", 4: "cpu", 5: "flags", 6: "lineage", 7: "object", 8: "result"}
MAY_MISS = {"latency", "lineage", "object", "result"}


class Entry:
    """A column of the directory, and where its bytes stand."""

    def __init__(self, cursor):
        self.space = cursor.number(1)
        self.first, self.second = cursor.varint(), cursor.varint()
        self.rows = cursor.varint()
        self.encoding, self.options = cursor.number(1), cursor.number(1)
        self.block, self.length = cursor.varint(), cursor.varint()
        self.repeated = cursor.varint() if self.encoding == SAME else None
        self.start = 0

    @property
    def key(self):
        return (self.space, self.first, self.second)


class Chunk:
    def __init__(self, payload, seed, schema):
        self.head = Head(payload, seed)
        self.schema = schema
        self._stored = memoryview(payload)
        self._blocks = {}
        at = self.head.length
        self._offsets = []
        for block in self.head.blocks:
            self._offsets.append(at)
            at += block.stored
        for number in range(len(self.head.blocks)):
            self._block(number)
        self._values = 0
        self._read_directory()
        self._read_core()
        self._read_dimensions()
        self._read_arguments()

    def _block(self, number):
        if number not in self._blocks:
            if number >= len(self.head.blocks):
                raise Damaged(f"a column in block {number}, which is not there")
            block = self.head.blocks[number]
            stored = self._stored[self._offsets[number] : self._offsets[number] + block.stored]
            if crc32c(stored) != block.check:
                raise Damaged(f"the check of block {number} does not hold")
            self._blocks[number] = decompressed(block.codec, stored, block.raw, GREATEST_RAW)
        return self._blocks[number]

    def _read_directory(self):
        cursor = Cursor(self._block(0))
        self.table_rows = {}
        for _ in range(cursor.count(2)):
            table = cursor.number(1)
            if table in self.table_rows:
                raise Damaged(f"table {table} is there twice")
            self.table_rows[table] = cursor.varint()
            self._count_values(self.table_rows[table] * self._known_columns(table))
        count = cursor.count(8)
        if count > GREATEST_COLUMNS:
            raise Damaged(f"{count} columns")
        self._entries, ends = {}, {}
        for _ in range(count):
            entry = Entry(cursor)
            # Also of those that are not looked at.
            if entry.encoding > GREATEST_ENCODING or entry.options > 7 or entry.options & 3 == 3:
                raise Damaged(f"column {entry.key} has encoding {entry.encoding} and options {entry.options}")
            if entry.encoding != BYTES_ENCODING:
                self._count_values(entry.rows)
            if entry.block == 0:
                raise Damaged(f"column {entry.key} stands in the directory")
            if entry.key in self._entries:
                raise Damaged(f"column {entry.key} is there twice")
            entry.start = ends.get(entry.block, 0)
            ends[entry.block] = entry.start + entry.length
            if ends[entry.block] > len(self._block(entry.block)):
                raise Damaged(f"column {entry.key} ends behind its block")
            self._entries[entry.key] = entry
        cursor.finish("the directory")

    def _known_columns(self, number):
        if number == 0:
            return 1
        return sum(len(COLUMNS[table]) for table_number, table in self.schema.tables if table_number == number)

    def _count_values(self, number):
        self._values += number
        if self._values > GREATEST_VALUES:
            raise Damaged("more values than a chunk may have")

    def _cursor(self, entry):
        return Cursor(self._block(entry.block), entry.start, entry.start + entry.length)

    def _column(self, key, rows):
        """A column of numbers; None when it is not there."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry.rows != rows:
            raise Damaged(f"column {key} has {entry.rows} rows instead of {rows}")
        cursor = self._cursor(entry)
        if entry.encoding == SAME:
            cursor.finish("a column that repeats another")
            repeated = self._entries.get((entry.space, entry.first, entry.repeated))
            if entry.space != 2 or repeated is None or repeated.encoding in (SAME, BYTES_ENCODING):
                raise Damaged(f"column {key} repeats one that it cannot")
            return self._column(repeated.key, rows)
        missing, present = read_missing(cursor, rows, entry.options & 3)
        if entry.encoding == RESULT:
            return self._results(entry, cursor, rows, missing, present)
        if entry.encoding == BYTES_ENCODING:
            raise Damaged(f"column {key} is of bytes")
        return spread(read_values(cursor, present, entry.encoding), missing)

    def _results(self, entry, cursor, rows, missing, present):
        """Each value is the event's result or the limit, whichever is smaller."""
        if entry.space != 2:
            raise Damaged("only arguments follow from results")
        limit = cursor.zigzag() if present else 0
        cursor.finish("a column that follows from results")
        events = self.events_of_type.get(entry.first, ())
        values = array("q", bytes(8 * rows))
        for rank, event in enumerate(events):
            if missing is not None and missing[rank]:
                continue
            result = self.core["result"][event]
            values[rank] = MISSING_TIME if result is None else min(result, limit)
        return Column(values, missing)

    def _bytes(self, key):
        entry = self._entries.get(key)
        if entry is None:
            return b""
        if entry.encoding != BYTES_ENCODING or entry.rows != entry.length:
            raise Damaged(f"column {key} is not of bytes")
        return self._block(entry.block)[entry.start : entry.start + entry.length]

    # Events

    def _read_core(self):
        events = self.head.events
        self.core, self.events_of_type = {}, {}
        types = self._core_column(3, events)
        self.core["type"] = types
        if events and types is None:
            raise Damaged("the column of types is not there")
        for event in range(events):
            self.events_of_type.setdefault(types[event], []).append(event)
        counts = {number: len(found) for number, found in self.events_of_type.items()}
        if counts != self.head.types:
            raise Damaged("the types of events are not those of the index")
        for column, name in CORE.items():
            if name != "type":
                self.core[name] = self._core_column(column, events)
        first = self.head.first_number
        if self.core["number"] is None:
            self.core["number"] = range(first, first + events)
        for name in ("time", "cpu", "flags"):
            if events and self.core[name] is None:
                raise Damaged(f"the column {name} is not there")
        for name in MAY_MISS:
            if self.core[name] is None:
                self.core[name] = _Nothing()

    def _core_column(self, number, events):
        column = self._column((0, number, 0), events)
        if column is None:
            return None
        if column.missing is not None and CORE[number] not in MAY_MISS:
            raise Damaged(f"the column {CORE[number]} lacks rows")
        if not self._entries[(0, number, 0)].options & 4:
            return column
        if number == 3:
            raise Damaged("types in the order of types")
        order = [event for number in sorted(self.events_of_type) for event in self.events_of_type[number]]
        values = array("q", bytes(8 * events))
        missing = None if column.missing is None else bytearray(events)
        for place, event in enumerate(order):
            values[event] = column.values[place]
            if missing is not None:
                missing[event] = column.missing[place]
        return Column(values, missing)

    # Dimensions

    def _read_dimensions(self):
        self._read_texts()
        self.rows, self.columns = {"strings": len(self.texts)}, {}
        for (number, table), columns in self.schema.tables.items():
            rows = self.table_rows.get(number, 0)
            self.rows[table] = rows
            self.columns[table] = {}
            for column, name in columns.items():
                found = self._column((1, number, column), rows)
                if found is not None:
                    self.columns[table][name] = found
        for table, columns in self.columns.items():
            for name, column in columns.items():
                target = COLUMNS[table][name]
                if target is not None:
                    self._check_references(column, target, f"{table}.{name}")
        for name, target in (("lineage", "lineages"), ("object", "objects")):
            self._check_references(self.core[name], target, name)
        lineages = self.columns.get("lineages", {})
        for row in range(self.rows.get("lineages", 0)):
            parent = self.cell("lineages", "parent", row)
            if parent is not None and parent >= row:
                raise Damaged("a lineage whose parent does not stand before it")
            if self.cell("lineages", "thread", row) is None:
                raise Damaged("a lineage without a thread")

    def _read_texts(self):
        rows = self.table_rows.get(0, 0)
        lengths = self._column((1, 0, 0), rows)
        self.texts = _cut(lengths, self._bytes((1, 0, 1)), rows)
        if None in self.texts or self.texts[:1] not in ([], [b""]):
            raise Damaged("the first text is not the empty one, or one is missing")

    def _check_references(self, column, target, what):
        rows = self.rows.get(target, 0)
        if isinstance(column, _Nothing):
            return
        for row in range(len(column)):
            value = column[row]
            if value is not None and not 0 <= value < rows:
                raise Damaged(f"{what} refers to row {value} of {rows}")

    def cell(self, table, name, row):
        column = self.columns.get(table, {}).get(name)
        return None if column is None else column[row]

    def text(self, table, name, row):
        number = self.cell(table, name, row)
        return None if number is None else self.texts[number]

    # Arguments

    def _read_arguments(self):
        self.arguments = {}
        for number, events in self.events_of_type.items():
            event_type = self.schema.types.get(number)
            if event_type is None:
                raise Damaged(f"events of type {number}, which the schema does not have")
            for index, parameter in enumerate(event_type.parameters):
                if not has_column(parameter):
                    continue
                column = self._column((2, number, 2 * index), len(events))
                if column is not None and parameter.storage == STRING:
                    self._check_references(column, "strings", parameter.name)
                if column is not None and parameter.storage == BYTES:
                    column = _cut(column, self._bytes((2, number, 2 * index + 1)), len(events))
                self.arguments[number, index] = column

    def argument(self, number, index, rank):
        column = self.arguments[number, index]
        if column is None or column[rank] is None:
            return None
        if self.schema.types[number].parameters[index].storage == STRING:
            return self.texts[column[rank]]
        return column[rank]


class _Nothing:
    """A column that is missing in all rows."""

    def __getitem__(self, row):
        return None


def _cut(lengths, data, rows):
    """Texts or payloads that stand one behind the other."""
    parts, at = [], 0
    for row in range(rows):
        length = None if lengths is None else lengths[row]
        if length is None:
            parts.append(None)
            continue
        if not 0 <= length <= len(data) - at:
            raise Damaged("lengths that do not add up to the bytes")
        parts.append(data[at : at + length])
        at += length
    if at != len(data):
        raise Damaged("lengths that do not add up to the bytes")
    return parts
