"""A small store that speaks S3, for tests: store.py FOLDER LOG [--trouble WHEN:WHAT:TIMES]

Keys are `key` and `hunter2`. Signatures (version 4) and digests are checked as the specification says, so that this is a second
reading of it. Says `port N` on standard error. WHEN is a part of the request line; `complete` is the end of an upload in parts. WHAT
is a status, close, reset, hang, corrupt (what arrives is changed), error (an error behind 200), short (HEAD tells a wrong length).
"""
import argparse
import base64
import hashlib
import hmac
import os
import re
import socket
import struct
import sys
import threading
import time
import urllib.parse

parser = argparse.ArgumentParser()
parser.add_argument("folder")
parser.add_argument("log")
parser.add_argument("--trouble", default=":none:0")
options = parser.parse_args()
when, what, times = options.trouble.split(":")
left = int(times)
uploads = {}
lock = threading.Lock()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def code(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def is_signed(method, path, query, fields, body):
    match = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=key/(\d+)/([^/]+)/s3/aws4_request, ?SignedHeaders=([^,]+), ?Signature=(\w+)",
        fields.get("authorization", ""))
    if not match or fields.get("x-amz-content-sha256") != digest(body):
        return False
    day, region, names, signature = match.groups()
    if not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(names.split(";")):
        return False
    pairs = urllib.parse.parse_qsl(query, keep_blank_values=True)
    quoted = sorted((urllib.parse.quote(k, safe="-._~"), urllib.parse.quote(v, safe="-._~")) for k, v in pairs)
    canonical = "\n".join([
        method, urllib.parse.quote(urllib.parse.unquote(path), safe="/-._~"), "&".join(f"{k}={v}" for k, v in quoted),
        "".join(f"{n}:{' '.join(fields[n].split())}\n" for n in names.split(";")), names, digest(body)])
    text = f"AWS4-HMAC-SHA256\n{fields['x-amz-date']}\n{day}/{region}/s3/aws4_request\n{digest(canonical.encode())}"
    key = b"AWS4hunter2"
    for part in (day, region, "s3", "aws4_request"):
        key = code(key, part)
    return hmac.compare_digest(code(key, text).hex(), signature)


def error(status, name, message="because"):
    return status, {}, f"<Error><Code>{name}</Code><Message>{message}</Message></Error>".encode()


def carry_out(method, path, query, fields, body):
    pairs = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
    key = urllib.parse.unquote(path)
    name = options.folder + key
    sum_ = base64.b64encode(hashlib.sha256(body).digest()).decode()
    if fields.get("x-amz-checksum-sha256", sum_) != sum_:
        return error(400, "BadDigest")
    if method == "PUT" and "uploadId" in pairs:
        uploads[pairs["uploadId"]][int(pairs["partNumber"])] = body
        return 200, {"ETag": f'"{hashlib.md5(body).hexdigest()}"', "x-amz-checksum-sha256": sum_}, b""
    if method == "PUT":
        save(name, body)
        return 200, {"ETag": f'"{hashlib.md5(body).hexdigest()}"'}, b""
    if method == "POST" and "uploads" in pairs:
        upload = f"id/{len(uploads)}+"
        uploads[upload] = {}
        return 200, {}, f"<R><UploadId>{upload}</UploadId></R>".encode()
    if method == "POST":
        parts = uploads[pairs["uploadId"]]
        listed = re.findall(r"<PartNumber>(\d+)</PartNumber><ETag>&quot;(\w+)&quot;</ETag>", body.decode())
        if listed != [(str(n), hashlib.md5(parts[n]).hexdigest()) for n in sorted(parts)]:
            return error(400, "InvalidPart")
        if any(len(parts[n]) < 5 << 20 for n in sorted(parts)[:-1]):
            return error(400, "EntityTooSmall")
        save(name, b"".join(parts[n] for n in sorted(parts)))
        return 200, {}, b"<R><ETag>x</ETag></R>"
    if method == "DELETE":
        del uploads[pairs["uploadId"]]
        return 200, {}, b""
    if not os.path.exists(name):
        return error(404, "NoSuchKey")
    return 200, {"Content-Length": str(os.path.getsize(name))}, b""


def save(name, body):
    os.makedirs(os.path.dirname(name), exist_ok=True)
    with open(name, "wb") as file:
        file.write(body)


def serve(connection):
    global left
    reader = connection.makefile("rb")
    while line := reader.readline():
        method, target, _ = line.decode().split()
        path, _, query = target.partition("?")
        fields = {}
        while (line := reader.readline()) not in (b"\r\n", b""):
            name, value = line.decode().split(":", 1)
            fields[name.lower()] = value.strip()
        body = reader.read(int(fields.get("content-length", 0)))
        with lock:
            is_complete = method == "POST" and query.startswith("uploadId")
            is_troubled = left > 0 and when and (when in f"{method} {target}" or when == "complete" and is_complete)
            left -= is_troubled
        if not is_signed(method, path, query, fields, body):
            answer = error(403, "SignatureDoesNotMatch")
        elif is_troubled and what.isdigit():
            answer = error(int(what), "Refused")
        elif is_troubled and what == "hang":
            time.sleep(60)
            return
        elif is_troubled and what == "close":
            return
        elif is_troubled and what == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        elif is_troubled and what == "error":
            answer = error(200, "InternalError")
        else:
            with lock:
                changed = b"x" + body[1:] if is_troubled and what == "corrupt" else body
                if changed is not body:
                    fields.pop("x-amz-checksum-sha256", None)
                answer = carry_out(method, path, query, fields, changed)
        status, more, content = answer
        if is_troubled and what == "short":
            more = {"Content-Length": "1"}
        with lock, open(options.log, "a", encoding="utf-8") as log:
            log.write(f"{method} {target} {status}\n")
        if method == "HEAD":
            content = b""
        more.setdefault("Content-Length", str(len(content)))
        head = f"HTTP/1.1 {status} X\r\n" + "".join(f"{n}: {v}\r\n" for n, v in more.items()) + "\r\n"
        connection.sendall(head.encode() + content)


def run(connection):
    try:
        serve(connection)
    except (OSError, ValueError) as problem:
        print(f"connection: {problem}", file=sys.stderr, flush=True)
    finally:
        connection.close()


listener = socket.socket()
listener.bind(("127.0.0.1", 0))
listener.listen(16)
print(f"port {listener.getsockname()[1]}", file=sys.stderr, flush=True)
while True:
    threading.Thread(target=run, args=(listener.accept()[0],), daemon=True).start()
