"""The seals of a capture: whether the frames in front of each are those that were sealed, and by whom."""

import base64
import hashlib

from . import contents, frames
from .coding import Damaged, Refused

# Ed25519 (RFC 8032): the curve -x² + y² = 1 + d·x²·y² over the numbers below P; points are (X, Y, Z, T) with x = X/Z,
# y = Y/Z, x·y = T/Z.
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def _point(encoded):
    """The point of 32 bytes; None when there is none."""
    number = int.from_bytes(encoded, "little")
    y, sign = number & (1 << 255) - 1, number >> 255
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _sum(one, other):
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % P, (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(factor, point):
    result = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            result = _sum(result, point)
        point, factor = _sum(point, point), factor >> 1
    return result


BASE = _point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key, message, signature):
    """Whether a signature of 64 bytes is that of a public key of 32 bytes."""
    owner, nonce = _point(key), _point(signature[:32])
    factor = int.from_bytes(signature[32:], "little")
    if owner is None or nonce is None or factor >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    left, right = _times(factor, BASE), _sum(nonce, _times(challenge, owner))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


def public_key(path):
    """The 32 bytes of a key as `openssl pkey -pubout` writes it."""
    with open(path, encoding="ascii") as file:
        lines = [line.strip() for line in file if not line.startswith("-----")]
    encoded = base64.b64decode("".join(lines))
    if len(encoded) != 44 or encoded[:12] != bytes.fromhex("302a300506032b6570032100"):
        raise Refused(f"{path} is no public Ed25519 key")
    return encoded[12:]


def digest(kind, payload):
    """Of a frame: without what depends on where it stands."""
    payload = bytearray(payload)
    head = {frames.CHUNK: 0, frames.STATE: 16}.get(kind)
    if head is not None:
        for start, end in ((4, 8), (56, 72)):
            payload[head + start : head + end] = bytes(end - start)
    return hashlib.sha256(kind.to_bytes(2, "little") + payload).digest()


def check(capture, key):
    """Of each seal: what it covers, whether it is signed by the key, and whether the frames give its chain value (None
    where one of them is not there)."""
    found, digests = [], {}
    chain, following = hashlib.sha256(b"reel seal" + capture.file_id).digest(), 0
    for frame in capture.frames():
        try:
            payload = capture.payload(frame)
        except Damaged:
            continue
        if frame.type == frames.SEAL:
            said = contents.seal(payload)
            covered = range(said["first"], said["last"] + 1)
            holds = None
            if said["first"] == following and all(number in digests for number in covered):
                for number in covered:
                    chain = hashlib.sha256(chain + number.to_bytes(8, "little") + digests[number]).digest()
                holds = chain.hex() == said["chain"]
            is_known = said["key_id"] == hashlib.sha256(key).hexdigest()
            signed = is_known and is_signed(key, payload[:-64], payload[-64:])
            covers = {name: said[name] for name in ("first", "last", "is_last")}
            found.append({**covers, "signed": signed, "chain": holds})
            # A seal that was made with the key makes a beginning for the next one.
            if signed:
                chain, following, digests = bytes.fromhex(said["chain"]), frame.sequence, {}
        digests[frame.sequence] = digest(frame.type, payload)
    return found
