"""Whether a parameter of Reel's and an argument of strace's say the same, by the parameter's type."""

import ipaddress
import re

from strace_text import Changed, Number, Sequence, Structure, Text, Words

SNAP_LENGTH = 80
BITS = {"errno": 32, "uid": 32, "gid": 32, "mode": 16, "signal": 8, "fd": 32, "pid": 32, "boolean": 8, "port": 16}


class Unknown(Exception):
    """strace does not show it, or in a way that says nothing about the value."""


def width(type):
    found = re.search(r"(8|16|32|64)$", type)
    return BITS.get(type, int(found.group(1)) if found else 64)


def lossy(data):
    """Bytes as they appear in JSON."""
    return data.decode("utf-8", "replace")


def inner(value):
    """What is behind a pointer: strace shows a single thing as a list of one."""
    if isinstance(value, Changed):
        value = value.after if not isinstance(value.after, Words) else value.before
    return value


def find(value, path):
    """`1.rlim_cur`: a member of an argument."""
    for step in path:
        value = inner(value)
        if isinstance(value, Sequence):
            if not step.lstrip("-").isdigit():
                if len(value.items) != 1:
                    raise Unknown("a list")
                value = inner(value.items[0])
            else:
                if int(step) >= len(value.items):
                    return None
                value = value.items[int(step)]
                continue
        if isinstance(value, Structure):
            if step in value.fields:
                value = value.fields[step]
                continue
            if value.truncated:
                raise Unknown("strace shows less of the structure")
            # One structure within another, whose names need no way through it.
            for field in value.fields.values():
                if isinstance(inner(field), Structure):
                    try:
                        return find(field, [step])
                    except Unknown:
                        pass
            raise Unknown(f"no member {step}")
        # An address: nothing could be read there, or nothing was to be shown.
        return value
    return inner(value)


def signal_bits(value):
    total = 0
    for item in value.items:
        item = inner(item)
        if not isinstance(item, Number):
            raise Unknown("a signal set in words")
        total |= 1 << (item.value - 1)
    return ~total & (1 << 64) - 1 if value.inverted else total


def status_bits(text):
    """A wait status from the words that strace has for it."""
    def number(name):
        found = re.search(name + r"\(s\) == (?:(\d+)|SIG(\w+))", text)
        if not found:
            raise Unknown(text)
        import signal

        return int(found.group(1)) if found.group(1) else int(getattr(signal, "SIG" + found.group(2)))

    if "WIFEXITED" in text:
        return number("WEXITSTATUS") << 8
    if "WIFSIGNALED" in text:
        return number("WTERMSIG") | (0x80 if "WCOREDUMP" in text else 0)
    if "WIFSTOPPED" in text:
        return number("WSTOPSIG") << 8 | 0x7F
    if "WIFCONTINUED" in text:
        return 0xFFFF
    raise Unknown(text)


def nanoseconds(value):
    value = inner(value)
    if isinstance(value, Sequence) and len(value.items) == 1:
        value = inner(value.items[0])
    if not isinstance(value, Structure) or "tv_sec" not in value.fields:
        raise Unknown("no time")
    fraction = value.fields.get("tv_nsec")
    part = fraction.value if fraction else value.fields["tv_usec"].value * 1000
    return (value.fields["tv_sec"].value * 1_000_000_000 + part + (1 << 63)) % (1 << 64) - (1 << 63)


def as_integer(value, type):
    value = inner(value)
    if isinstance(value, Number):
        return value.value
    if isinstance(value, Sequence) and type.startswith("flags") and (value.inverted or all(
            isinstance(inner(item), Number) for item in value.items)):
        return signal_bits(value)
    if isinstance(value, Sequence) and len(value.items) == 1:
        return as_integer(value.items[0], type)
    if isinstance(value, Structure) and len(value.fields) == 1:
        return as_integer(next(iter(value.fields.values())), type)
    if isinstance(value, Words) and value.text.startswith("W"):
        return status_bits(value.text)
    if isinstance(value, Structure) and value.fields and type in ("relativeTime", "absoluteTime"):
        return nanoseconds(value)
    raise Unknown(f"{value}")


def address_text(value):
    """A socket's address as Reel writes it; None when strace gives none."""
    value = inner(value)
    if isinstance(value, Number):
        return None
    if not isinstance(value, Structure):
        raise Unknown("no address")
    family = value.fields.get("sa_family")
    if not isinstance(family, Number):
        raise Unknown("no family")

    def data(name):
        return inner(value.fields[name]).data

    def port(name):
        return int.from_bytes(data(name), "big")

    if family.value == 1:
        path = value.fields.get("sun_path")
        if path is None:
            return ""
        text = path.data
        if text[:1] != b"\0":
            return lossy(text.split(b"\0")[0])
        return "@" + lossy(text[1:])
    if family.value == 2 and "sin_port" in value.fields:
        return f"{ipaddress.IPv4Address(data('sin_addr'))}:{port('sin_port')}"
    if family.value == 10 and "sin6_port" in value.fields:
        address = ipaddress.IPv6Address(data("sin6_addr"))
        mapped = address.ipv4_mapped
        # Reel writes no brackets, as the ecosystem does.
        return f"{'::ffff:' + str(mapped) if mapped else address.compressed}:{port('sin6_port')}"
    if family.value == 16 and "nl_pid" in value.fields:
        return f"netlink {value.fields['nl_pid'].value} groups {value.fields['nl_groups'].value}"
    if family.value == 17 and "sll_ifindex" in value.fields:
        return f"packet interface {value.fields['sll_ifindex'].value} protocol {port('sll_protocol'):#x}"
    if family.value == 40 and "svm_cid" in value.fields:
        return f"vsock {value.fields['svm_cid'].value}:{value.fields['svm_port'].value}"
    return f"family {family.value}"


def vector_bytes(value):
    """The bytes of an array of iovec, as far as strace shows them, and whether that is all."""
    value = inner(value)
    if isinstance(value, Number):
        return None, True
    if isinstance(value, Structure):
        if "msg_hdr" in value.fields:
            value = value.fields["msg_hdr"]
        return vector_bytes(value.fields["msg_iov"])
    if value.items and isinstance(inner(value.items[0]), Structure) and "msg_hdr" in inner(value.items[0]).fields:
        return vector_bytes(value.items[0])
    data, whole = b"", True
    for element in value.items:
        base = inner(inner(element).fields["iov_base"])
        if isinstance(base, Text):
            data += base.data
            if base.truncated:
                return data, False
        elif inner(element).fields["iov_len"].value:
            return data, False
    return data, not value.truncated


def names_of(text):
    return {name for name in text.replace(" ", "").split("|") if name and not re.match(r"(0x)?[0-9a-f]+$", name)}
