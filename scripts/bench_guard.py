"""What guarding costs and how quick it is: the part of `scripts/bench guard` that measures.

    bench_guard.py REEL CALLS ROUNDS RULES...

With REEL_BENCH_PART set to `latency`, `actions`, `history` or `costs`, that part alone.

Latencies are from before the call in the program that makes it to the alert's line at its reader: idle, beside one-byte
calls of `dd`, and beside as many mixed calls as the machine makes. Actions are from before the call to the end of the
process or the standstill of the container. The history is what the flight recorder holds after a minute of 100,000
mixed calls a second (REEL_BENCH_RATE). Costs are those of `dd` with one-byte calls and of a mixed load (a shell that
lists and reads files), with rounds in turns; `scripts/bench record` says what empty programs cost, the floor of it.
"""
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

REEL, CALLS, ROUNDS, RULES = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]
FOLDER = tempfile.mkdtemp(prefix="reel-guard-bench-")
MARK = f"{FOLDER}/mark_"

MARKED = f"""
  - name: marks
    rules:
      - rule: Marked
        desc: a marked file is opened
        condition: evt.type in (open, openat, openat2) and fd.name startswith {MARK}
        output: "%%fd.name"
        priority: WARNING
    actions: [%s]
"""


def configuration(name, policies, past=True):
    path = f"{FOLDER}/{name}.yaml"
    with open(path, "w") as file:
        file.write(f"captures: {{directory: {FOLDER}/captures}}\n")
        file.write(f"control: {{socket: {FOLDER}/control}}\n")
        if past:
            file.write("flight_recorder: {memory: 64MiB, seconds: 60}\n")
        file.write("rules_files: [%s]\n" % ", ".join(RULES))
        file.write("policies:\n" + policies)
    return path


OFFICIAL = """
  - name: official
    rules: [{tag: maturity_stable}, {tag: maturity_incubating}, {tag: maturity_sandbox}]
    actions: [%s]
"""


class Guard:
    def __init__(self, config):
        self.alerts = {}
        self.process = subprocess.Popen(
            [REEL, "guard", "--config", config], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for line in self.process.stderr:
            if "guarding" in line:
                break
            sys.stderr.write(line)
        else:
            sys.exit("the guard did not begin")
        threading.Thread(target=self.read, daemon=True).start()
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        time.sleep(1)

    def read(self):
        for line in self.process.stdout:
            moment = time.time_ns()
            fields = json.loads(line).get("output_fields", {})
            self.alerts[fields.get("fd.name")] = moment

    def metric(self, name):
        """A number of the guard's metrics, the sum of those with labels."""
        text = subprocess.run(
            [REEL, "guard", "status", "--metrics", "--socket", f"{FOLDER}/control"],
            check=True, capture_output=True, text=True,
        ).stdout
        lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
        return sum(float(value) for key, value in lines if key.split("{")[0] == f"reel_guard_{name}")

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def median(values):
    return sorted(values)[len(values) // 2]


# Calls of all sorts: of a program that makes as many in a second as it is told, 0 for all it can.
CALLER = """
import os, sys, time
rate = int(sys.argv[1])
names = ["/usr/share/doc/" + name for name in sorted(os.listdir("/usr/share/doc"))[:500]]
near, far = os.pipe()
null = os.open("/dev/null", os.O_WRONLY)
tick, done, turn = time.monotonic(), 0, 0
while True:
    for _ in range(40):
        name = names[turn % len(names)]
        turn += 1
        os.stat(name)
        descriptor = os.open(name, os.O_RDONLY)
        os.fstat(descriptor)
        os.close(descriptor)
        descriptor = os.open("/etc/hostname", os.O_RDONLY)
        os.pread(descriptor, 512, turn % 8)
        os.lseek(descriptor, turn % 512, 0)
        os.close(descriptor)
        os.write(far, b"x" * (turn % 100 + 1))
        os.read(near, 128)
        os.getpid(), os.getppid(), os.umask(0o22)
        os.write(null, b"line %d of a log of something that goes on" % turn)
        os.access(name + "/copyright", os.R_OK)
        done += 14
    if rate and (early := tick + done / rate - time.monotonic()) > 0:
        time.sleep(early)
"""


def callers(count, rate=0):
    return [
        subprocess.Popen([sys.executable, "-S", "-E", "-c", CALLER, str(rate // count)]) for _ in range(count)
    ]


def latency(name, action, load=None):
    guard = Guard(configuration("latency", MARKED % action + OFFICIAL % ""))
    loads = []
    if load:
        loads = load()
        time.sleep(1)
    events, start_of_load = guard.metric("events_total"), time.monotonic()
    sent = {}
    for number in range(100):
        path = f"{MARK}{name}{number}"
        sent[path] = time.time_ns()
        try:
            os.close(os.open(path, os.O_RDONLY))
        except OSError:
            pass
        time.sleep(0.04 + 0.007 * (number % 5))
    time.sleep(0.5)
    rate = (guard.metric("events_total") - events) / (time.monotonic() - start_of_load)
    lost = guard.metric("events_lost_total") if loads else 0
    for load in loads:
        load.kill()
        load.wait()
    guard.end()
    times = [(guard.alerts[path] - moment) / 1e6 for path, moment in sent.items() if path in guard.alerts]
    missing = len(sent) - len(times)
    print(f"  {name}: median {median(times):6.2f} ms, worst {max(times):6.2f} ms, {missing} missing of {len(sent)}; "
          f"{rate / 1000:.0f} thousand events a second, {lost:.0f} lost")


def hierarchy():
    with open("/proc/self/mountinfo") as file:
        return next(line.split()[4] for line in file if " - cgroup2 " in line)


def actions():
    """Processes and containers, which are control groups here, from the call that fires to what is done."""
    for name, action, is_done in (
        ("process: kill", "{process: kill}", "ends"), ("container: kill", "{container: kill}", "ends"),
        ("container: pause", "{container: pause}", "stands still"),
    ):
        guard = Guard(configuration("actions", MARKED % action + OFFICIAL % ""))
        times = []
        for number in range(40):
            group = f"{hierarchy()}/reel-bench-{os.urandom(32).hex()}.scope"
            os.mkdir(group)
            path = f"{MARK}{is_done.split()[0]}{number}"
            # Says when it makes the call, then makes others until something happens to it.
            program = (
                f"import os, time\nopen('{group}/cgroup.procs', 'w').write(str(os.getpid()))\n"
                "time.sleep(0.1)\n"
                f"print(time.monotonic_ns(), flush=True)\ntry: open({path!r})\nexcept OSError: pass\n"
                "while True: time.sleep(0.001)"
            )
            command = [sys.executable, "-S", "-E", "-c", program]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            begun = int(process.stdout.readline())
            if is_done == "ends":
                process.wait()
            else:
                with open(f"{group}/cgroup.events") as state:
                    while "frozen 1" not in state.read():
                        state.seek(0)
                        time.sleep(0.0002)
            times.append((time.monotonic_ns() - begun) / 1e6)
            if is_done != "ends":
                process.kill()
                with open(f"{group}/cgroup.freeze", "w") as state:
                    state.write("0")
                process.wait()
            process.stdout.close()
            os.rmdir(group)
        guard.end()
        spread = f"(median of {len(times)}), worst {max(times):6.2f} ms"
        print(f"  {name:17} {is_done} after {median(times):6.2f} ms {spread}")


def ending():
    """A capture's end on a host on which nothing else happens, and how soon what it holds is on disk."""
    guard = Guard(configuration("ending", MARKED % "{capture: {before: 0s, after: 1s, scope: tree}}"))
    late, written = [], []
    for number in range(8):
        before = set(os.listdir(f"{FOLDER}/captures"))
        start = time.monotonic()
        subprocess.run(["cat", f"{MARK}end{number}"], stderr=subprocess.DEVNULL)
        size = 0
        while True:
            new = [name for name in os.listdir(f"{FOLDER}/captures") if name not in before]
            now = time.monotonic() - start
            reel = [name for name in new if name.endswith(".reel")]
            # What the file has besides its beginning: the events of the call.
            if reel and not size:
                found = subprocess.run(
                    [REEL, "count", f"{FOLDER}/captures/{reel[0]}", f"fd.name = {MARK}end{number}", "--json"],
                    capture_output=True, text=True,
                ).stdout
                if '"count":1' in found:
                    size = 1
                    written.append(time.monotonic() - start)
            done = False
            for name in new:
                if name.endswith(".json"):
                    with open(f"{FOLDER}/captures/{name}") as file:
                        done = '"state":"done"' in file.read()
            if done:
                late.append(now - 1)
                break
            time.sleep(0.01)
    guard.end()
    print(f"  a capture of a second is done {median(late):.2f} s behind it (worst {max(late):.2f} s)")
    print(f"  what it holds can be read {median(written):.2f} s after it happened (worst {max(written):.2f} s)")


def history():
    rate = int(os.environ.get("REEL_BENCH_RATE", "100000"))
    guard = Guard(configuration("history", OFFICIAL % "{capture: {before: 5s, after: 5s, scope: container}}"))
    start, before = guard.metric("events_total"), time.monotonic()
    loads = callers(1, rate)
    time.sleep(66)
    made = (guard.metric("events_total") - start) / (time.monotonic() - before)
    held = {name: guard.metric(f"flight_recorder_{name}") for name in ("bytes", "events", "seconds")}
    dropped, cpu = guard.metric("flight_recorder_dropped_total"), guard.cpu()
    for load in loads:
        load.kill()
        load.wait()
    guard.end()
    print(f"  {made / 1000:.0f} thousand events a second for 66 s, {cpu:.1f} s CPU of the guard")
    size = f"{held['bytes'] / (1 << 20):.1f} MiB ({held['bytes'] / held['events']:.1f} bytes an event)"
    print(f"  the flight recorder holds {held['seconds']:.1f} s, {held['events'] / 1e6:.2f} million events in {size}, "
          f"{dropped:.0f} dropped")


def timed(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.monotonic() - start


DD = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1", f"count={CALLS // 2}"]
MIXED = [
    "/bin/sh",
    "-c",
    "for i in 1 2 3 4 5 6 7 8; do ls -lR /usr/share/doc >/dev/null; cat /usr/include/*.h >/dev/null; done",
]


class Record:
    def __init__(self, _):
        self.path = f"{FOLDER}/plain.reel"
        self.process = subprocess.Popen(
            [REEL, "record", "--force", "--quiet", "-o", self.path], stderr=subprocess.DEVNULL
        )
        time.sleep(2.5)

    cpu = Guard.cpu

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def costs():
    kinds = {
        "bare": None,
        "record": lambda: Record(None),
        "guard, all rules, captures armed": lambda: Guard(
            configuration("armed", OFFICIAL % "{capture: {before: 5s, after: 5s, scope: container}}")
        ),
        "guard, all rules, alerts only": lambda: Guard(configuration("alerts", OFFICIAL % "", past=False)),
    }
    for name, load in (("dd", DD), ("mixed", MIXED)):
        walls = {kind: [] for kind in kinds}
        cpus = {kind: [] for kind in kinds}
        for _ in range(ROUNDS):
            for kind, start in kinds.items():
                recorder = start() if start else None
                before = recorder.cpu() if recorder else 0
                walls[kind].append(timed(load))
                # What was recorded is encoded a moment later.
                if recorder:
                    time.sleep(1.5)
                    cpus[kind].append(recorder.cpu() - before)
                    recorder.end()
        bare = median(walls["bare"])
        plain = median(cpus["record"])
        for kind in kinds:
            line = f"  {name:6} {kind:34} x {median(walls[kind]) / bare:5.2f} of bare"
            if cpus[kind]:
                line += f", recorder {median(cpus[kind]):6.2f} s CPU, x {median(cpus[kind]) / plain:5.2f} of recording"
            print(line)


try:
    os.makedirs(f"{FOLDER}/captures", mode=0o700)
    PART = os.environ.get("REEL_BENCH_PART", "")
    if PART in ("", "latency"):
        print("from a call to its alert")
        capture = "{capture: {before: 1s, after: 1s, scope: tree}}"
        one_byte = ["dd", "if=/dev/zero", "of=/dev/null", "bs=1"]
        latency("idle", capture)
        latency("dd", capture, lambda: [subprocess.Popen(one_byte, stderr=subprocess.DEVNULL)])
        latency("mixed", capture, lambda: callers(2))
    if PART in ("", "actions"):
        print("from a call to what is done about it")
        actions()
        ending()
    if PART in ("", "history"):
        print("how far back the past goes")
        history()
    if PART in ("", "costs"):
        print("what it costs")
        costs()
finally:
    shutil.rmtree(FOLDER, ignore_errors=True)
