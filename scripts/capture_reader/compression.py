"""Decompresses what says how large it becomes, and no more than that."""

import functools
import io
import os

import lz4.block
import zstandard

from .coding import Cursor, Damaged

# The greatest payload, chunk and window.
GREATEST = 64 << 20
DICTIONARY_CODEC = 3
_zstandard = zstandard.ZstdDecompressor(max_window_size=GREATEST)


@functools.cache
def _schemas():
    """A decompressor with the dictionary of schema frames, which stands beside the document."""
    formats = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "formats")
    with open(os.path.join(formats, "schema-dictionary.zst"), "rb") as file:
        dictionary = _zstandard.decompress(file.read())
    data = zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return zstandard.ZstdDecompressor(dict_data=data, max_window_size=GREATEST)


def decompressed(codec, stored, raw, limit, is_schema=False):
    if raw > limit or raw > 4096 * len(stored) + 65536:
        raise Damaged(f"{len(stored)} bytes are said to become {raw}")
    if codec == 0:
        result = bytes(stored)
    elif codec == 1:
        try:
            result = lz4.block.decompress(stored, uncompressed_size=raw)
        except (lz4.block.LZ4BlockError, ValueError, MemoryError) as error:
            raise Damaged(f"LZ4: {error}") from None
    elif codec == 2:
        result = _zstandard_frame(_zstandard, stored, raw)
    elif codec == DICTIONARY_CODEC and is_schema:
        result = _zstandard_frame(_schemas(), stored, raw)
    else:
        raise Damaged(f"codec {codec} is not known")
    if len(result) != raw:
        raise Damaged(f"{len(stored)} bytes became {len(result)} instead of {raw}")
    return result


def _frame_length(stored):
    """How many bytes the Zstandard frame takes with which some begin, by its headers (RFC 8878)."""
    if bytes(stored[:4]) != b"\x28\xb5\x2f\xfd" or len(stored) < 6:
        raise Damaged("no Zstandard frame")
    descriptor = stored[4]
    single, checksum = descriptor >> 5 & 1, descriptor >> 2 & 1
    size = (single, 2, 4, 8)[descriptor >> 6]
    at = 5 + (not single) + (0, 1, 2, 4)[descriptor & 3] + size
    last = False
    while not last:
        header = bytes(stored[at : at + 3])
        if len(header) < 3:
            raise Damaged("a Zstandard frame ends early")
        block = int.from_bytes(header, "little")
        last, kind = block & 1, block >> 1 & 3
        at += 3 + (1 if kind == 1 else block >> 3)
    return at + 4 * checksum


def _zstandard_frame(decompressor, stored, raw):
    if _frame_length(stored) != len(stored):
        raise Damaged("a Zstandard frame with bytes behind it, or without its end")
    try:
        # One byte more than there may be shows what is too much, without making it.
        reader = decompressor.stream_reader(io.BytesIO(stored), read_across_frames=False)
        parts, left = [], raw + 1
        while left:
            part = reader.read(left)
            if not part:
                break
            parts.append(part)
            left -= len(part)
        return b"".join(parts)
    except zstandard.ZstdError as error:
        raise Damaged(f"Zstandard: {error}") from None


def compressed_payload(payload, limit, is_schema=False):
    """The contents of a payload that begins with its codec and raw length."""
    cursor = Cursor(payload)
    codec = cursor.number(1)
    cursor.bytes(3)
    raw = cursor.number(4)
    return decompressed(codec, cursor.bytes(cursor.left), raw, limit, is_schema)
