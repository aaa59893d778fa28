#!/usr/bin/python3
"""What importing .scap files costs, beside sysdig reading the same file, and what the captures weigh beside gzip.

    bench_scap.py REEL [ROUNDS] FILE...

The first plain file with 30000 events or more is stretched to some millions: its events again and again, each time
later. Figures are processor time of one core, the least of several rounds; the two programs take turns.
"""
import gzip
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import zlib

EVENT_BLOCKS = {0x204, 0x208, 0x216, 0x217, 0x221, 0x222}
LAST_TIME = (1 << 62) - 1


def plain(path):
    with open(path, "rb") as file:
        data = file.read()
    if data[:2] != b"\x1f\x8b":
        return data
    return zlib.decompressobj(31).decompress(data)


def blocks(data):
    offset = 0
    while offset + 12 <= len(data):
        kind, length = struct.unpack_from("<II", data, offset)
        yield kind, data[offset:offset + length]
        offset += length


def payload_bytes(data):
    """The bytes of the largest parameter of each event: what reads and writes moved."""
    total = 0
    for kind, block in blocks(data):
        if kind in (0x216, 0x217):
            start = 10 if kind == 0x216 else 14
            count = struct.unpack_from("<I", block, start + 22)[0]
            sizes = struct.unpack_from(f"<{count}H", block, start + 26)
            code = struct.unpack_from("<H", block, start + 20)[0]
            if code in (7, 9, 29, 31, 33, 35, 49, 53, 113, 115, 117, 119):
                total += max(sizes, default=0)
    return total


def stretch(data, path, least):
    front = [block for kind, block in blocks(data) if kind not in EVENT_BLOCKS]
    events = [bytearray(block) for kind, block in blocks(data) if kind == 0x216]
    times = [struct.unpack_from("<Q", event, 10)[0] for event in events]
    known = [time for time in times if 0 < time < LAST_TIME]
    span = max(known) - min(known) + 1000
    rounds = least // len(events) + 1
    with open(path, "wb") as file:
        file.writelines(front)
        for number in range(rounds):
            for event, time in zip(events, times):
                if time < LAST_TIME:
                    struct.pack_into("<Q", event, 10, time + number * span)
            file.write(b"".join(events))
    return rounds * len(events)


def run(command):
    """Processor time in seconds, and the most memory in bytes."""
    pid = os.fork()
    if pid == 0:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        os.execvp(command[0], command)
    _, status, usage = os.wait4(pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(command)} ended with {status}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def main():
    reel, rest = sys.argv[1], sys.argv[2:]
    rounds = int(rest.pop(0)) if rest and rest[0].isdigit() else 3
    folder = tempfile.mkdtemp()
    try:
        speed(reel, rounds, rest, folder)
        sizes(reel, rest, folder)
    finally:
        shutil.rmtree(folder)


def speed(reel, rounds, files, folder):
    large = os.path.join(folder, "large.scap")
    for path in files:
        data = plain(path)
        if sum(1 for kind, _ in blocks(data) if kind == 0x216) >= 30000:
            count = stretch(data, large, 2_000_000)
            break
    else:
        print("no file has 30000 events: speed is not measured")
        return
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(run([reel, "import", large, "-o", os.path.join(folder, "large.reel"), "--force"]))
        if shutil.which("sysdig"):
            theirs.append(run(["sysdig", "-r", large, "proc.name=nothing-like-it"]))
    time = min(seconds for seconds, _ in ours)
    memory = max(memory for _, memory in ours)
    print(f"{count} events, {os.path.getsize(large) >> 20} MiB")
    print(f"import           {count / time / 1e6:6.2f} M events/s a core     target 2.00")
    print(f"memory           {memory / (1 << 20):6.1f} MiB at most            target 128")
    if theirs:
        peer = min(seconds for seconds, _ in theirs)
        print(f"beside sysdig    {time / peer:6.2f} of its time              target 1.00")
    giant(reel, data, count / os.path.getsize(large), folder)


def giant(reel, data, events_a_byte, folder):
    """How much memory the import of a gigabyte takes."""
    path = os.path.join(folder, "giant.scap")
    count = stretch(data, path, int((1 << 30) * events_a_byte))
    size = os.path.getsize(path)
    seconds, memory = run([reel, "import", path, "-o", os.path.join(folder, "giant.reel"), "--force"])
    os.remove(path)
    print(f"{count} events, {size >> 20} MiB: {seconds:.1f} s")
    print(f"memory           {memory / (1 << 20):6.1f} MiB at most            target 128")


def sizes(reel, files, folder):
    sums = {False: [0, 0, 0], True: [0, 0, 0]}
    for path in files:
        data = plain(path)
        recorded, compacted = (os.path.join(folder, name) for name in ("a.reel", "b.reel"))
        subprocess.run([reel, "import", path, "-o", recorded, "--force"], check=True, stderr=subprocess.DEVNULL)
        subprocess.run([reel, "compact", recorded, "-o", compacted, "--force"], check=True, stderr=subprocess.DEVNULL)
        total = sums[payload_bytes(data) * 2 > len(data)]
        total[0] += len(gzip.compress(data, 6))
        total[1] += os.path.getsize(recorded)
        total[2] += os.path.getsize(compacted)
    for is_payload, (packed, recorded, compacted) in sums.items():
        if packed:
            name = "mostly payload" if is_payload else "sizes"
            print(f"{name:16} {recorded / packed:6.2f} of gzip -6 as recorded    target 0.70")
            print(f"{'':16} {compacted / packed:6.2f} of gzip -6 compacted      target 0.40")


main()
