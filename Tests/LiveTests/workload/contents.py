#!/usr/bin/python3
"""A workload whose bytes are known: contents.py FOLDER, behind contents.py --seed FOLDER; prints what went where as JSON, with SHA-256 of each content.

A web server and a client, a pipe, a unix socket, and files: written in pieces, out of order, appended, copied within the
kernel, and read by another process.
"""
import hashlib
import http.client
import http.server
import json
import os
import socket
import sys
import threading

folder = sys.argv[-1]
truth = {"pid": os.getpid()}


def content(name, length):
    """Bytes that look random and follow from a name."""
    made = b""
    count = 0
    while len(made) < length:
        made += hashlib.sha256(("%s/%d" % (name, count)).encode()).digest()
        count += 1
    return made[:length]


def digest(made):
    return {"size": len(made), "sha256": hashlib.sha256(made).hexdigest()}


if sys.argv[1] == "--seed":
    with open(os.path.join(folder, "only-read"), "wb") as file:
        file.write(content("only-read", 30_000))
    sys.exit()


# Files.
def write(name, pieces):
    path = os.path.join(folder, name)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    whole = bytearray()
    for offset, piece in pieces:
        os.pwrite(descriptor, piece, offset)
        whole[len(whole):offset] = b"\0" * max(offset - len(whole), 0)
        whole[offset:offset + len(piece)] = piece
    os.close(descriptor)
    return path, bytes(whole)


files = {}
body = content("ordered", 100_000)
path = os.path.join(folder, "ordered")
with open(path, "wb", buffering=0) as file:
    for start in range(0, len(body), 7_000):
        file.write(body[start:start + 7_000])
files[path] = digest(body)
pieces = [(20_000, content("second", 20_000)), (0, content("first", 20_000)), (39_000, content("third", 5_000))]
path, body = write("scattered", pieces)
files[path] = digest(body)
path = os.path.join(folder, "log")
body = b""
for number in range(50):
    line = ("line %d of a log\n" % number).encode()
    with open(path, "ab", buffering=0) as file:
        file.write(line)
    body += line
files[path] = digest(body)
# Copied by the kernel from a file whose bytes were seen: nobody writes them.
path = os.path.join(folder, "copied")
source = os.open(os.path.join(folder, "ordered"), os.O_RDONLY)
target = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
left = 100_000
while left > 0:
    left -= os.copy_file_range(source, target, left)
os.close(source)
os.close(target)
files[path] = digest(content("ordered", 100_000))
# Made before and only read, by a child.
path = os.path.join(folder, "only-read")
files[path] = digest(content("only-read", 30_000))
child = os.fork()
if child == 0:
    with open(path, "rb", buffering=0) as file:
        while file.read(4_096):
            pass
    os._exit(0)
os.waitpid(child, 0)
truth["files"] = files

# A pipe between two processes.
body = content("pipe", 200_000)
reader, writer = os.pipe()
child = os.fork()
if child == 0:
    os.close(writer)
    while os.read(reader, 10_000):
        pass
    os._exit(0)
os.close(reader)
for start in range(0, len(body), 9_000):
    os.write(writer, body[start:start + 9_000])
os.close(writer)
os.waitpid(child, 0)
truth["pipe"] = digest(body)

# A unix socket, both ways.
one, other = socket.socketpair()
there, back = content("there", 50_000), content("back", 30_000)
received = []


def answer():
    count = 0
    while count < len(there):
        count += len(other.recv(8_192))
    other.sendall(back)
    other.close()


thread = threading.Thread(target=answer)
thread.start()
one.sendall(there)
while one.recv(8_192):
    pass
thread.join()
one.close()
truth["unix"] = [digest(there), digest(back)]

# A web server, and a client in another process.
page = content("page", 120_000)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        for start in range(0, len(page), 16_000):
            self.wfile.write(page[start:start + 16_000])

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
child = os.fork()
if child == 0:
    client = http.client.HTTPConnection("127.0.0.1", server.server_port)
    client.request("GET", "/page")
    got = client.getresponse().read()
    os._exit(0 if got == page else 1)
server.handle_request()
assert os.waitpid(child, 0)[1] == 0
truth["http"] = dict(digest(page), port=server.server_port, client=child)
print(json.dumps(truth))
