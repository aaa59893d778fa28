"""Columns: 64-bit numbers in a dozen encodings, and which rows have none."""

from array import array

from .coding import MASK, Cursor, Damaged, signed

BYTES_ENCODING, SAME, RESULT, GREATEST_ENCODING = 11, 9, 10, 12
BLOCK = 128


class Column:
    """The numbers of `rows` rows. `missing` is a byte a row, 1 without a value, or None when all have one."""

    def __init__(self, values, missing=None):
        self.values = values
        self.missing = missing

    def __len__(self):
        return len(self.values)

    def __getitem__(self, row):
        if self.missing is not None and self.missing[row]:
            return None
        return self.values[row]


def read_missing(cursor, rows, form):
    """Which rows are missing, and how many are not."""
    if form == 0:
        return None, rows
    if form == 1:
        missing = bytearray(rows)
        at, absent = 0, False
        present = 0
        for run in range(cursor.count()):
            length = cursor.varint()
            if length == 0 and run > 0:
                raise Damaged("a run of no rows")
            if length > rows - at:
                raise Damaged("runs of rows add up to more than there are")
            if absent:
                missing[at : at + length] = b"\1" * length
            else:
                present += length
            at += length
            absent = not absent
        if at != rows:
            raise Damaged("runs of rows add up to fewer than there are")
        return missing, present
    if form == 2:
        bits = cursor.bytes((rows + 7) // 8)
        missing = bytearray(bits[row >> 3] >> (row & 7) & 1 for row in range(rows))
        if rows & 7 and bits[-1] >> (rows & 7):
            raise Damaged("bits behind the last row are set")
        return missing, rows - sum(missing)
    raise Damaged("a form of missing rows that is not known")


def spread(values, missing):
    """A column of all rows from the values of those that have one."""
    if missing is None:
        return Column(values)
    if len(values) == len(missing):
        return Column(values, None if not any(missing) else missing)
    result = array("q", bytes(8 * len(missing)))
    following = iter(values)
    for row, absent in enumerate(missing):
        if not absent:
            result[row] = next(following)
    return Column(result, missing)


def read_values(cursor, count, encoding):
    """`count` values of the encodings 0 to 8 and 12, from all that is left of the cursor."""
    if count == 0:
        cursor.finish("a column without values")
        return array("q")
    reader = _READERS.get(encoding)
    if reader is None:
        raise Damaged(f"column encoding {encoding} is not known")
    values = reader(cursor, count)
    cursor.finish("a column")
    return values


def _constant(cursor, count):
    return array("q", [cursor.zigzag()]) * count


def _base_and_width(cursor):
    base, width = cursor.zigzag(), cursor.number(1)
    if width not in (0, 1, 2, 4, 8):
        raise Damaged(f"a width of {width} bytes")
    return base, width


def _fixed(cursor, count):
    base, width = _base_and_width(cursor)
    data = cursor.bytes(width * count)
    if width == 0:
        return array("q", [signed(base)]) * count
    digits = (data[at : at + width] for at in range(0, len(data), width))
    return array("q", (signed(base + int.from_bytes(value, "little")) for value in digits))


def _planes(cursor, count):
    base, width = cursor.zigzag(), cursor.number(1)
    if width > 8:
        raise Damaged(f"a width of {width} bytes")
    planes = [cursor.bytes(count) for _ in range(width)]
    if width == 0:
        return array("q", [signed(base)]) * count
    return array("q", (signed(base + int.from_bytes(digits, "little")) for digits in zip(*planes)))


def _plane_deltas(cursor, count):
    first = cursor.zigzag()
    return _summed(first, _planes(cursor, count - 1)) if count > 1 else array("q", [signed(first)])


def _packed(cursor, count):
    values = array("q")
    while len(values) < count:
        number = min(BLOCK, count - len(values))
        base, width, patches = cursor.zigzag(), cursor.number(1), cursor.number(1)
        if width > 56 and width != 64:
            raise Damaged(f"a width of {width} bits")
        if patches > number:
            raise Damaged("more patches than values")
        data = cursor.bytes((number * width + 7) // 8)
        bits = int.from_bytes(data, "little")
        mask = (1 << width) - 1
        block = [bits >> at & mask for at in range(0, number * width, width)] if width else [0] * number
        for _ in range(patches):
            position, above = cursor.number(1), cursor.varint()
            if position >= number:
                raise Damaged("a patch behind the block")
            block[position] |= above << width & MASK
        values.extend(signed(base + value) for value in block)
    return values


def _summed(first, differences):
    values, value = array("q", [signed(first)]), first
    for difference in differences:
        value = signed(value + difference)
        values.append(value)
    return values


def _packed_deltas(cursor, count):
    first = cursor.zigzag()
    return _summed(first, _packed(cursor, count - 1))


def _variable(cursor, count):
    _expect(cursor, count)
    return array("q", (cursor.zigzag() for _ in range(count)))


def _variable_deltas(cursor, count):
    _expect(cursor, count)
    first = cursor.zigzag()
    return _summed(first, (cursor.zigzag() for _ in range(count - 1)))


def _expect(cursor, count):
    if count > cursor.left:
        raise Damaged(f"{count} values in {cursor.left} bytes")


def _dictionary(cursor, count):
    number = cursor.count()
    if not 1 <= number <= 65536:
        raise Damaged(f"a dictionary of {number} values")
    entries = [cursor.zigzag()]
    for _ in range(number - 1):
        entries.append(entries[-1] + cursor.varint())
    encoding = cursor.number(1)
    if encoding == 7 or encoding not in _READERS:
        raise Damaged(f"positions in encoding {encoding}")
    entries = [signed(entry) for entry in entries]
    positions = read_values(cursor, count, encoding)
    if min(positions) < 0 or max(positions) >= number:
        raise Damaged("a position behind the dictionary")
    return array("q", (entries[position] for position in positions))


def _runs(cursor, count):
    values, value = array("q"), 0
    for _ in range(cursor.count(2)):
        length = cursor.varint()
        value = signed(value + cursor.zigzag())
        if length > count - len(values):
            raise Damaged("runs of values add up to more than there are")
        values.extend(array("q", [value]) * length)
    if len(values) != count:
        raise Damaged("runs of values add up to fewer than there are")
    return values


_READERS = {
    0: _constant,
    1: _fixed,
    2: _planes,
    3: _packed,
    4: _packed_deltas,
    5: _variable,
    6: _variable_deltas,
    7: _dictionary,
    8: _runs,
    12: _plane_deltas,
}
