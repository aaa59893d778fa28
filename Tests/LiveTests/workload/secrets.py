#!/usr/bin/python3
"""A workload that hides thirty secrets where programs leave them: secrets.py FOLDER SEED.

What they are follows from the seed alone; `secrets.py --list SEED` prints them, one a line, so that nobody who is
recorded has to write them down.
"""
import base64
import hashlib
import os
import socket
import subprocess
import sys

LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"


def word(seed, number, length, letters=LETTERS):
    """Characters that look random, of one secret."""
    text = ""
    count = 0
    while len(text) < length:
        digest = hashlib.sha256(("%s/%d/%d" % (seed, number, count)).encode()).digest()
        text += "".join(letters[byte % len(letters)] for byte in digest)
        count += 1
    return text[:length]


def card(seed):
    """A number of a payment card."""
    digits = "4" + word(seed, 99, 14, "0123456789")
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if index % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def secrets(seed):
    """The thirty, by what they are."""
    def plain(number):
        return word(seed, number, 20)
    token = ".".join(["eyJ" + word(seed, 17, 30), word(seed, 17, 60), word(seed, 18, 40)])
    basic = base64.b64encode(("joe:" + word(seed, 19, 12)).encode()).decode()
    return {
        "database": plain(1), "github": "ghp_" + word(seed, 2, 36), "aws secret": word(seed, 3, 40),
        "application": plain(4), "session": plain(5), "argument": plain(6), "next argument": plain(7),
        "url": plain(8), "bearer": plain(9), "api key": plain(10), "pem": word(seed, 11, 64), "setting": plain(12),
        "json": plain(13), "aws": "AKIA" + word(seed, 14, 16, "ABCDEFGHIJKLMNOP234567"), "client": plain(15),
        "npm": "npm_" + word(seed, 16, 36), "jwt": token, "basic": basic, "cookie": plain(20), "set cookie": plain(21),
        "form": plain(22), "card": card(seed), "query": plain(23), "key header": plain(24),
        "gitlab": "glpat-" + word(seed, 25, 20), "directory": plain(26), "stripe": "sk_live_" + word(seed, 27, 24),
        "socket": "ghs_" + word(seed, 28, 36), "slack": "xoxb-" + word(seed, 29, 24), "dsn": plain(30),
    }


def exchange(client, server, request, answer):
    """A request and its answer, each in one piece."""
    client.sendall(request.encode())
    server.recv(65536)
    server.sendall(answer.encode())
    client.recv(65536)


def work(folder, seed):
    """Leaves them where programs do."""
    s = secrets(seed)
    # Variables and arguments of programs.
    variables = {
        "PATH": os.environ["PATH"], "DB_PASSWORD": s["database"], "GITHUB_TOKEN": s["github"],
        "AWS_SECRET_ACCESS_KEY": s["aws secret"], "APP_API_KEY": s["application"], "SESSION_SECRET": s["session"],
    }
    arguments = [
        "/bin/true", "--password=" + s["argument"], "--token", s["next argument"],
        "https://joe:" + s["url"] + "@example.org/", "-H", "Authorization: Bearer " + s["bearer"],
        "--api-key=" + s["api key"],
    ]
    subprocess.run(arguments, env=variables, check=True)
    # Contents of files, written and read.
    contents = [
        "-----BEGIN RSA PRIVATE KEY-----\n" + s["pem"] + "\n-----END RSA PRIVATE KEY-----\n",
        "user = joe\npassword = " + s["setting"] + "\n", '{"user": "joe", "token": "' + s["json"] + '"}\n',
        "[default]\naws_access_key_id = " + s["aws"] + "\n", "oauth:\n  client_secret: " + s["client"] + "\n",
        "//registry.npmjs.org/:_authToken=" + s["npm"] + "\n", "stored " + s["jwt"] + "\n",
    ]
    for number, content in enumerate(contents):
        path = os.path.join(folder, "file-%d" % number)
        with open(path, "wb", buffering=0) as file:
            file.write(content.encode())
        with open(path, "rb", buffering=0) as file:
            file.read(65536)
    # Requests over a connection.
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    server, _ = listener.accept()
    host = " HTTP/1.1\r\nHost: shop.example\r\n"
    exchange(client, server, "GET /a" + host + "Authorization: Basic " + s["basic"] + "\r\n\r\n",
             "HTTP/1.1 200 OK\r\nSet-Cookie: sid=" + s["set cookie"] + "; Path=/\r\n\r\n")
    form = "user=joe&password=" + s["form"] + "&card=" + s["card"]
    exchange(client, server, "POST /b" + host + "Cookie: sid=" + s["cookie"] + "\r\nContent-Length: %d\r\n\r\n%s"
             % (len(form), form), "HTTP/1.1 204 No Content\r\n\r\n")
    exchange(client, server, "GET /c?access_token=" + s["query"] + host + "X-Api-Key: " + s["key header"] + "\r\n\r\n",
             "HTTP/1.1 204 No Content\r\n\r\n")
    # Names.
    with open(os.path.join(folder, s["gitlab"]), "wb"):
        pass
    directory = os.path.join(folder, "token=" + s["directory"])
    os.mkdir(directory)
    os.chdir(directory)
    with open("relative", "wb"):
        pass
    os.chdir(folder)
    try:
        open(os.path.join(folder, s["stripe"], "missing"))
    except OSError:
        pass
    # A unix socket, by its name and by what passes.
    name = s["socket"]
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(name)
    unix.listen()
    peer = socket.socket(socket.AF_UNIX)
    peer.connect(name)
    other, _ = unix.accept()
    exchange(peer, other, "hello " + s["slack"], "postgres://shop:" + s["dsn"] + "@db/shop")


if sys.argv[1] == "--list":
    for name, secret in secrets(sys.argv[2]).items():
        print(name + "\t" + secret)
else:
    work(sys.argv[1], sys.argv[2])
