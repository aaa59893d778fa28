"""The small things that everything else is written in: numbers, texts, checksums, hashes."""

MASK = 0xFFFFFFFFFFFFFFFF
MISSING_TIME = -(1 << 63)


class Damaged(Exception):
    """A part of a capture is not what the format says; the rest may well be."""


class Refused(Exception):
    """The whole file must not be read."""


def signed(value):
    """The 64-bit two's complement of a number, as all arithmetic of columns wraps around."""
    value &= MASK
    return value - (1 << 64) if value >> 63 else value


def unzigzag(value):
    return (value >> 1) ^ -(value & 1)


class Cursor:
    """Walks over bytes; nothing behind its end is ever read."""

    def __init__(self, data, position=0, end=None):
        self.data = data
        self.position = position
        self.end = len(data) if end is None else end

    @property
    def left(self):
        return self.end - self.position

    def bytes(self, count):
        if count > self.left:
            raise Damaged(f"{count} bytes are said to follow, {self.left} do")
        start = self.position
        self.position = start + count
        return bytes(self.data[start : self.position])

    def number(self, size):
        return int.from_bytes(self.bytes(size), "little")

    def i64(self):
        return signed(self.number(8))

    def varint(self):
        data, position, end = self.data, self.position, self.end
        value = shift = 0
        while True:
            if position >= end:
                raise Damaged("a varint is cut off")
            byte = data[position]
            position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
            shift += 7
            if shift > 63:
                raise Damaged("a varint has more than ten bytes")
        if value > MASK:
            raise Damaged("a varint does not fit into 64 bits")
        self.position = position
        return value

    def zigzag(self):
        return unzigzag(self.varint())

    def counted(self, limit=None):
        length = self.varint()
        if limit is not None and length > limit:
            raise Damaged(f"a text of {length} bytes, where {limit} are the most")
        return self.bytes(length)

    def count(self, least_size=1):
        """A number of things that follow, each of at least `least_size` bytes."""
        value = self.varint()
        if value * least_size > self.left:
            raise Damaged(f"{value} entries are said to follow in {self.left} bytes")
        return value

    def finish(self, what):
        if self.left:
            raise Damaged(f"{self.left} bytes too many in {what}")


def _crc_tables():
    first = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0x82F63B78 if value & 1 else 0)
        first.append(value)
    tables = [first]
    for _ in range(7):
        before = tables[-1]
        tables.append([first[value & 0xFF] ^ (value >> 8) for value in before])
    return tables


_TABLES = _crc_tables()


def crc32c(data, seed=0):
    """The CRC-32C of `data`, going on from `seed`, the CRC-32C of what stands in front of it."""
    t0, t1, t2, t3, t4, t5, t6, t7 = _TABLES
    crc = seed ^ 0xFFFFFFFF
    whole = len(data) & ~7
    view = memoryview(data)
    for word in _words(view[:whole]):
        word ^= crc
        crc = (
            t7[word & 0xFF]
            ^ t6[word >> 8 & 0xFF]
            ^ t5[word >> 16 & 0xFF]
            ^ t4[word >> 24 & 0xFF]
            ^ t3[word >> 32 & 0xFF]
            ^ t2[word >> 40 & 0xFF]
            ^ t1[word >> 48 & 0xFF]
            ^ t0[word >> 56]
        )
    for byte in view[whole:]:
        crc = t0[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def _words(view):
    import sys

    if sys.byteorder == "little":
        return view.cast("B").cast("Q")
    return (int.from_bytes(view[at : at + 8], "little") for at in range(0, len(view), 8))


_PRIMES = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5)


def _rotated(value, bits):
    return ((value << bits) | (value >> (64 - bits))) & MASK


def _round(lane, word):
    return _rotated((lane + word * _PRIMES[1]) & MASK, 31) * _PRIMES[0] & MASK


def xxh64(data, seed=0):
    p1, p2, p3, p4, p5 = _PRIMES
    length, position = len(data), 0

    def word(size):
        nonlocal position
        value = int.from_bytes(data[position : position + size], "little")
        position += size
        return value

    if length >= 32:
        lanes = [(seed + p1 + p2) & MASK, (seed + p2) & MASK, seed, (seed - p1) & MASK]
        while length - position >= 32:
            lanes = [_round(lane, word(8)) for lane in lanes]
        value = sum(_rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18))) & MASK
        for lane in lanes:
            value = ((value ^ _round(0, lane)) * p1 + p4) & MASK
    else:
        value = (seed + p5) & MASK
    value = (value + length) & MASK
    while length - position >= 8:
        value = (_rotated(value ^ _round(0, word(8)), 27) * p1 + p4) & MASK
    if length - position >= 4:
        value = (_rotated(value ^ (word(4) * p1 & MASK), 23) * p2 + p3) & MASK
    while position < length:
        value = _rotated(value ^ (word(1) * p5 & MASK), 11) * p1 & MASK
    value = (value ^ (value >> 33)) * p2 & MASK
    value = (value ^ (value >> 29)) * p3 & MASK
    return value ^ (value >> 32)
