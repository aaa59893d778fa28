"""What is run: the program of calls.c, and everyday programs."""

import os

FOLDER = os.path.dirname(os.path.abspath(__file__))


def shell(script):
    return ["/bin/sh", "-euc", script]


WORKLOADS = {
    "calls": shell('exec "$CALLS"'),
    "narrow": shell('exec "$NARROW"'),
    "find": shell("find /usr/share/doc -maxdepth 2 -newer /etc/hostname -ls | wc -l; find /etc -name '*.conf' -size +1k -exec ls -l {} +"),
    "tar": shell("mkdir in; cp /etc/*.conf in; ln -s x in/link; tar -czf a.tgz in; mkdir out; tar -xpf a.tgz -C out; tar -tf a.tgz; cmp a.tgz a.tgz"),
    "git": shell(
        "git init -q r; cd r; git config user.email a@b; git config user.name n; cp /etc/passwd f; git add f;"
        " git commit -qm one; echo more >> f; git commit -qam two; git log --stat; git checkout -q HEAD~1; git gc -q; git status"),
    "python": ["/usr/bin/python3", "-I", os.path.join(FOLDER, "tasks.py")],
    "web": shell(
        "echo hello > page; /usr/bin/python3 -I -m http.server --bind 127.0.0.1 18437 >/dev/null 2>&1 & server=$!;"
        " for i in 1 2 3 4 5 6 7 8 9 10; do curl -sf http://127.0.0.1:18437/page && break; sleep 0.3; done;"
        " curl -s http://127.0.0.1:18437/none; curl -s http://127.0.0.1:1/ || true; kill $server; wait $server || true"),
    "pipeline": shell(
        "for i in 1 2 3 4 5; do seq 1 2000 | sed 's/1/one/' | grep -v 7 | sort -r | uniq -c | head -5 | tr a-z A-Z; done;"
        " cat /etc/passwd | awk -F: '{print $1}' | tee names | wc -l; cat /absent 2>/dev/null || true"),
    "forks": shell("i=0; while [ $i -lt 150 ]; do (exit 3) & i=$((i+1)); done; wait; i=0; while [ $i -lt 60 ]; do /bin/true; i=$((i+1)); done"),
}
