"""The head of a chunk: what is in it, and the indexes by which a question passes it over."""

from .coding import MASK, Cursor, Damaged, crc32c, xxh64

GREATEST_HEAD = 1 << 20
GREATEST_EVENTS = 1 << 20
GREATEST_BLOCKS = 4096
GREATEST_RAW = 64 << 20
SALTS = (0x47B6137B, 0x44974D91, 0x8824AD5B, 0xA2B7289D, 0x705495C7, 0x2DF1424B, 0x9EFC4947, 0x5C6BFB31)

# What the tags of indexes are of.
NUMBERS = {2: "pids", 4: "users", 8: "errors", 9: "ports"}
TEXTS = {3: "containers", 5: "images"}
BLOOMS = {6: "names", 7: "addresses"}


class Bloom:
    """A set that may say yes to what is not in it, and never no to what is."""

    def __init__(self, content):
        if len(content) % 32:
            raise Damaged("a bloom filter that is no number of blocks")
        self.content = content

    def may_hold(self, key):
        blocks = len(self.content) // 32
        if blocks == 0:
            return False
        hashed = xxh64(key)
        block = (hashed >> 32) * blocks >> 32
        words = self.content[32 * block : 32 * block + 32]
        low = hashed & 0xFFFFFFFF
        for index, salt in enumerate(SALTS):
            word = int.from_bytes(words[4 * index : 4 * index + 4], "little")
            if not word >> ((low * salt & 0xFFFFFFFF) >> 27) & 1:
                return False
        return True


class Block:
    def __init__(self, cursor):
        self.group = cursor.number(1)
        self.codec = cursor.number(1)
        cursor.bytes(2)
        self.stored = cursor.number(4)
        self.raw = cursor.number(4)
        self.check = cursor.number(4)
        if self.group > 4:
            raise Damaged(f"a block of group {self.group}, which is not known")


class Head:
    def __init__(self, payload, seed, whole=True):
        """`seed` is the CRC-32C of the file id. Without `whole` the payload is a head alone, as summaries hold it."""
        cursor = Cursor(payload)
        self.length = cursor.number(4)
        check = cursor.number(4)
        if self.length > GREATEST_HEAD or self.length > len(payload) or self.length % 8 or self.length < 72:
            raise Damaged(f"a head of {self.length} bytes")
        if crc32c(payload[8 : self.length], seed) != check:
            raise Damaged("the check of a head does not hold")
        cursor.end = self.length
        self.events = cursor.number(4)
        blocks = cursor.number(4)
        self.first_number, self.last_number = cursor.number(8), cursor.number(8)
        self.least_start, self.least_exit, self.greatest_exit = cursor.i64(), cursor.i64(), cursor.i64()
        self.lost, self.lost_in_all = cursor.number(8), cursor.number(8)
        if self.events > GREATEST_EVENTS:
            raise Damaged(f"a chunk of {self.events} events")
        if not 1 <= blocks <= GREATEST_BLOCKS:
            raise Damaged(f"a chunk of {blocks} blocks")
        self.blocks = [Block(cursor) for _ in range(blocks)]
        if self.first_number > self.last_number or self.last_number - self.first_number < self.events - 1:
            raise Damaged("a head with more events than numbers")
        if not (self.least_start <= self.least_exit <= self.greatest_exit):
            raise Damaged("a head whose times are in the wrong order")
        if sum(block.raw for block in self.blocks) > GREATEST_RAW:
            raise Damaged("a chunk that is too large once decompressed")
        if [block.group == 0 for block in self.blocks] != [True] + [False] * (blocks - 1):
            raise Damaged("the first block, and no other, is the directory")
        stored = sum(block.stored for block in self.blocks)
        if whole and self.length + stored != len(payload):
            raise Damaged("head and blocks are not the whole payload")
        self.indexes = _read_indexes(cursor)
        self.types = _read_types(self.indexes.get(1), self.events)

    def index(self, tag):
        """The content of an index: a list for exact sets, a Bloom, or None when it is not there."""
        content = self.indexes.get(tag)
        if content is None:
            return None
        if tag in NUMBERS:
            return read_numbers(content)
        if tag in TEXTS:
            return read_texts(content)
        return Bloom(content)


def _read_indexes(cursor):
    indexes = {}
    while cursor.left >= 8:
        tag = cursor.number(2)
        if tag == 0:
            break
        cursor.bytes(2)
        content = cursor.bytes(cursor.number(4))
        if tag in indexes:
            raise Damaged(f"index {tag} is there twice")
        indexes[tag] = content
    return indexes


def _read_types(content, events):
    if content is None:
        if events:
            raise Damaged("the index of event types is not there")
        return {}
    cursor = Cursor(content)
    types, last = {}, 0
    for place in range(cursor.count(2)):
        difference = cursor.varint()
        if place > 0 and difference == 0:
            raise Damaged("event types do not ascend")
        last += difference
        types[last] = cursor.varint()
        if types[last] == 0:
            raise Damaged("an event type without events")
    cursor.finish("the index of event types")
    if sum(types.values()) != events:
        raise Damaged("the events of the types do not add up")
    return types


def read_numbers(content):
    cursor = Cursor(content)
    values = []
    for place in range(cursor.count()):
        values.append(values[-1] + cursor.varint() if place else cursor.zigzag())
    cursor.finish("an index of numbers")
    if values and values[-1] > MASK >> 1:
        raise Damaged("numbers of an index ascend beyond 64 bits")
    return values


def read_texts(content):
    cursor = Cursor(content)
    texts, before = [], b""
    for _ in range(cursor.count(2)):
        shared = cursor.varint()
        if shared > len(before):
            raise Damaged("a text shares more than the one before has")
        further = cursor.varint()
        if shared + further > 65536:
            raise Damaged("a text of more than 64 KiB")
        before = before[:shared] + cursor.bytes(further)
        texts.append(before)
    cursor.finish("an index of texts")
    return texts


def name_keys(name):
    """Under what a name is found: itself, every directory that it stands in, and what it is called there."""
    keys = {name}
    last = -1
    for place, byte in enumerate(name):
        if byte == 0x2F:
            keys.add(name[:place] if place else b"/")
            last = place
    if last >= 0:
        keys.add(name[last + 1 :])
    return keys


def address_keys(address):
    keys = {address} if len(address) in (4, 16) else set()
    if len(address) == 16 and address.startswith(bytes(10) + b"\xff\xff"):
        keys.add(address[12:])
    return keys
