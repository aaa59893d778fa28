#!/usr/bin/python3
"""A workload that knows what it does, for overviews and views: inspect.py FOLDER, prints what it did as JSON."""
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time

folder = sys.argv[1]
truth = {}

# Files: 3 written, 300 KiB in all; one of them read in pieces; one renamed, two deleted.
names = [os.path.join(folder, "data-%d" % number) for number in range(3)]
for name in names:
    with open(name, "wb", buffering=0) as file:
        for _ in range(100):
            file.write(b"x" * 1024)
with open(names[0], "rb", buffering=0) as file:
    while file.read(4096):
        pass
truth["file"] = {"name": names[0], "bytes_in": 102400, "bytes_out": 102400, "opens": 2}
os.rename(names[1], names[1] + ".new")
truth["renamed"] = 1
os.unlink(names[1] + ".new")
os.unlink(names[2])
truth["deleted"] = 2
os.symlink(names[0], os.path.join(folder, "link"))
missing = os.path.join(folder, "missing")
for _ in range(7):
    try:
        open(missing)
    except FileNotFoundError:
        pass
truth["missing"] = {"name": missing, "errors": 7}

# A log, with a warning and an error.
with open(os.path.join(folder, "app.log"), "wb", buffering=0) as log:
    for line in (b"started\n", b"Warning: low\n", b"error: gone\n"):
        log.write(line)

# A server and a client on loopback: five requests of HTTP, one of them refused, the others slow.
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
port = server.getsockname()[1]
delay = 0.02
request = b"GET /item/%d HTTP/1.1\r\nHost: shop.example\r\n\r\n"
for number in range(5):
    client = socket.create_connection(("127.0.0.1", port))
    peer, _ = server.accept()
    sent = request % number
    client.sendall(sent)
    assert peer.recv(4096) == sent
    time.sleep(delay)
    peer.sendall(b"HTTP/1.1 %s\r\n\r\n" % (b"404 Not Found" if number == 4 else b"200 OK"))
    client.recv(4096)
    client.close()
    peer.close()
moved = sum(len(request % number) for number in range(5))
moved += 4 * len(b"HTTP/1.1 200 OK\r\n\r\n") + len(b"HTTP/1.1 404 Not Found\r\n\r\n")
truth["http"] = {"port": port, "requests": 5, "bytes_out": moved, "least_latency": int(delay * 1e9),
                 "statuses": [200, 200, 200, 200, 404]}

# A question to a name server that is not one: it answers itself.
resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
resolver.bind(("127.0.0.9", 53))
asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asker.connect(("127.0.0.9", 53))
name = b"\x03www\x07example\x03org\x00"
question = struct.pack(">HHHHHH", 77, 0x100, 1, 0, 0, 0) + name + struct.pack(">HH", 1, 1)
asker.send(question)
_, address = resolver.recvfrom(512)
time.sleep(0.01)
answer = struct.pack(">HHHHHH", 77, 0x8180, 1, 1, 0, 0) + question[12:]
answer += b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4)
resolver.sendto(answer + bytes([10, 1, 2, 3]), address)
asker.recv(512)
truth["dns"] = {"name": "www.example.org", "least_latency": 10_000_000, "address": "10.1.2.3"}

# The first bytes of a client that speaks TLS.
host = b"secret.example.org"
extension = struct.pack(">HHHBH", 0, len(host) + 5, len(host) + 3, 0, len(host)) + host
hello = b"\x03\x03" + b"r" * 32 + b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00"
hello += struct.pack(">H", len(extension)) + extension
handshake = b"\x01" + struct.pack(">I", len(hello))[1:] + hello
secure = socket.create_connection(("127.0.0.1", port))
peer, _ = server.accept()
secure.sendall(b"\x16\x03\x01" + struct.pack(">H", len(handshake)) + handshake)
peer.recv(4096)
truth["tls"] = host.decode()
secure.close()
peer.close()
server.close()

# Nobody listens at that port any more.
refused = socket.socket()
try:
    refused.connect(("127.0.0.1", port))
except ConnectionRefusedError:
    pass

# Programs: three that run, one that is not there, one that crashes.
for _ in range(3):
    subprocess.run(["/bin/true"], check=True)
crashed = os.fork()
if crashed == 0:
    signal.signal(signal.SIGSEGV, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGSEGV)
os.waitpid(crashed, 0)
truth["pid"] = os.getpid()
print(json.dumps(truth))
