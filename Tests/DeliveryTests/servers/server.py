"""Servers for tests: server.py KIND LOG [--behave A,B,…] [--certificate PEM] [--socket PATH]

Says `port N` on standard error once it listens, and appends what it receives to LOG: a JSON object a line.

http   answers each request with the next behaviour; the last one is repeated:
       200, 503 …      that status            429/1        that status, and Retry-After: 1
       hang            reads, never answers   close        closes in the middle of an answer
       garbage         no HTTP                redirect     302 to another host
       large           two mebibytes          bulk/201/400 Elasticsearch, with these statuses of items
tcp    messages with a count in front         udp, unix    datagrams
"""
import argparse
import json
import os
import socket
import ssl
import sys
import threading
import time

parser = argparse.ArgumentParser()
parser.add_argument("kind")
parser.add_argument("log")
parser.add_argument("--behave", default="200")
parser.add_argument("--certificate")
parser.add_argument("--socket")
parser.add_argument("--port", type=int, default=0)
options = parser.parse_args()
behaviours = options.behave.split(",")
lock = threading.Lock()
count = 0


def note(value):
    with lock, open(options.log, "a", encoding="utf-8") as log:
        log.write(json.dumps(value) + "\n")


def answer(connection, status, body=b"{}", fields=()):
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n" + "".join(f"{f}\r\n" for f in fields) + "\r\n"
    connection.sendall(head.encode() + body)


def behave(connection, behaviour, body):
    name, *arguments = behaviour.split("/")
    if name == "hang":
        time.sleep(60)
    elif name == "close":
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        return False
    elif name == "garbage":
        connection.sendall(b"\x00\x01 this is no HTTP\r\n\r\n")
        return False
    elif name == "redirect":
        answer(connection, 302, b"", ["Location: http://127.0.0.1:1/elsewhere"])
    elif name == "large":
        answer(connection, 200, b"x" * (2 << 20))
    elif name == "bulk":
        documents = len(body.splitlines()) // 2
        statuses = [int(s) for s in arguments] + [201] * documents
        items = []
        for status in statuses[:documents]:
            item = {"status": status}
            if status >= 300:
                item["error"] = {"type": "mapper", "reason": f"reason {status}"}
            items.append({"create": item})
        answer(connection, 200, json.dumps({"errors": True, "items": items}).encode())
    else:
        fields = [f"Retry-After: {arguments[0]}"] if arguments else []
        answer(connection, int(name), b'{"text":"answer"}', fields)
    return True


def serve_http(connection):
    global count
    reader = connection.makefile("rb")
    while True:
        line = reader.readline()
        if not line:
            return
        method, path, _ = line.decode().split()
        fields = {}
        while (line := reader.readline()) not in (b"\r\n", b""):
            name, value = line.decode().split(":", 1)
            fields[name.lower()] = value.strip()
        body = reader.read(int(fields.get("content-length", 0)))
        with lock:
            behaviour = behaviours[min(count, len(behaviours) - 1)]
            count += 1
        note({"method": method, "path": path, "fields": fields, "body": body.decode("utf-8", "replace")})
        if not behave(connection, behaviour, body):
            return


def serve_counted(connection):
    reader = connection.makefile("rb")
    while True:
        digits = b""
        while (byte := reader.read(1)).isdigit():
            digits += byte
        if not byte:
            return
        note(reader.read(int(digits)).decode("utf-8", "replace"))
        if behaviours[0] == "close":
            return


def serve(listener, body):
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate)

    def run(connection):
        try:
            if context:
                connection = context.wrap_socket(connection, server_side=True)
            body(connection)
        except (OSError, ValueError) as error:
            print(f"connection: {error}", file=sys.stderr, flush=True)
        finally:
            connection.close()

    while True:
        connection, _ = listener.accept()
        threading.Thread(target=run, args=(connection,), daemon=True).start()


if options.kind in ("http", "tcp"):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", options.port))
    listener.listen(64)
    print(f"port {listener.getsockname()[1]}", file=sys.stderr, flush=True)
    serve(listener, serve_http if options.kind == "http" else serve_counted)
elif options.kind == "unix":
    if os.path.exists(options.socket):
        os.remove(options.socket)
    datagrams = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    datagrams.bind(options.socket)
else:
    datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    datagrams.bind(("127.0.0.1", options.port))
print(f"port {0 if options.kind == 'unix' else datagrams.getsockname()[1]}", file=sys.stderr, flush=True)
while True:
    note(datagrams.recv(1 << 16).decode("utf-8", "replace"))
