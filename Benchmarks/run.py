#!/usr/bin/env python3
"""Runs one suite: every repetition goes once round all the servers, so that load from elsewhere hits all alike.

    run.py RESULTS SUITE REPETITIONS [SERVER,SERVER...]

Adds one line of JSON a run to RESULTS. The server is pinned to core 0, the loader to core 1. Each run waits for the
machine to be quiet, and is repeated while another program used more than 2 % of it meanwhile, or a hypervisor took more
than 5 % (three tries at most; the shares stand in the line as `foreign_pct` and `stolen_pct`). Servers: see peers.py;
without a list, all that are there.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import peers

SERVER_CORE, LOADER_CORE = "0", "1"
QUIET_SHARE, FOREIGN_SHARE, STOLEN_SHARE, TRIES = 0.05, 0.02, 0.05, 3
TICK = os.sysconf("SC_CLK_TCK")
KERNEL_THREAD = 0x00200000


def fan(connections, payload, window):
    """A closed loop: `window` messages are on their way to every one of `connections` members."""
    arguments = ["--conns", connections, "--size", payload, "--window", window, "--secs", "1.6", "--warm", "0.5"]
    return (f"fan-{connections}-{payload}-w{window}", "fanout", list(map(str, arguments)))


FAN = [fan(members, payload, window) for members in (1000, 10000) for payload in (64, 1024) for window in (1, 16)]
OPEN = ["--conns", "1000", "--size", "64", "--rate", "40", "--secs", "3", "--warm", "0.5"]
ECHO = ["--conns", "1000", "--size", "64", "--secs", "1.6", "--warm", "0.5"]
IDLE = ["--conns", "19000", "--secs", "1", "--settle", "1"]
SUITES = {
    "fan": FAN,
    "fan1": [fan(1000, 64, 1), fan(1000, 64, 16)],
    "publish": [fan(1, 64, 1), fan(1, 64, 16), fan(1000, 64, 1), fan(1000, 64, 16)],
    "open": [("open-1000-64-r40", "fanout", OPEN)],
    "echo": [("echo-1000-64", "echo", ECHO)],
    "idle": [("idle-19000", "idle", IDLE)],
}


def statistics(pid):
    """The numeric fields of /proc/PID/stat after the name; the process may be gone."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return [0, *map(int, fields[1:])]


def family(pid):
    """A process and all that descend from it."""
    members = [pid]
    for each in members:
        for children in pathlib.Path(f"/proc/{each}/task").glob("*/children"):
            try:
                members += map(int, children.read_text().split())
            except OSError:
                pass
    return members


def foreign_seconds(ours):
    """CPU seconds used so far by programs that are not ours; the kernel's own threads are not counted."""
    excluded, ticks = {os.getpid()}.union(*map(family, ours)), 0
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) not in excluded:
            fields = statistics(entry.name)
            if fields and not fields[6] & KERNEL_THREAD:
                ticks += sum(fields[11:15])
    return ticks / TICK


def stolen_seconds():
    """CPU seconds that the hypervisor gave to other guests."""
    return int(pathlib.Path("/proc/stat").read_text().split(maxsplit=9)[8]) / TICK


def wait_for_quiet(ours, limit=20):
    """Whether a quarter of a second came in which nobody else worked."""
    end = time.monotonic() + limit
    while time.monotonic() < end:
        before = foreign_seconds(ours)
        time.sleep(0.25)
        if foreign_seconds(ours) - before < QUIET_SHARE * 0.25 * os.cpu_count():
            return True
    return False


def pinned(core, command):
    first = ["nice", "-n", "-20"] if os.geteuid() == 0 else []
    return ["taskset", "-c", core, *first, *command]


class Server:
    """A running peer."""

    def __init__(self, peer):
        self.peer = peer
        if peer.name == "nchan":
            folder = peers.BUILD / "nchan"
            folder.mkdir(exist_ok=True)
            modules = folder / "modules"
            modules.unlink(missing_ok=True)
            modules.symlink_to(os.environ["NCHAN"])
        with open(peers.BUILD / f"{peer.name}.log", "w") as log:
            command = pinned(SERVER_CORE, peer.command)
            environment = {**os.environ, **peer.environment}
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        time.sleep(1.2)
        if self.process.poll() is not None:
            sys.exit(f"{peer.name} did not start: see {peers.BUILD / peer.name}.log")

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def measure(server, servers, mode, arguments):
    """One run of the loader: its line of JSON, with the share of the machine that others used."""
    peer, ours = server.peer, [each.process.pid for each in servers]
    command = [str(peers.BUILD / "fanload"), mode, "--label", peer.name, "--port", str(peer.port)]
    command += ["--pid", str(server.process.pid), "--children", *getattr(peer, mode), *arguments]
    # What a server has once allocated it keeps: a second `idle` run would find no growth.
    for _ in range(1 if mode == "idle" else TRIES):
        quiet = wait_for_quiet(ours)
        before, stolen, begin = foreign_seconds(ours), stolen_seconds(), time.monotonic()
        done = subprocess.run(pinned(LOADER_CORE, command), capture_output=True, text=True, timeout=120)
        used, stolen = foreign_seconds(ours) - before, stolen_seconds() - stolen
        share, lost = (each / (time.monotonic() - begin) / os.cpu_count() for each in (used, stolen))
        if done.returncode or not done.stdout.strip():
            sys.exit(f"{peer.name}: the loader failed ({done.returncode}): {done.stderr[-300:]}")
        line = json.loads(done.stdout)
        line.update(quiet=quiet, foreign_pct=round(100 * max(0, share), 1), stolen_pct=round(100 * lost, 1))
        if share < FOREIGN_SHARE and lost < STOLEN_SHARE:
            break
    return line


def show(line):
    faults = {key: line.get(key, 0) for key in ("conn_failed", "lost", "gaps", "dup", "bad", "closed", "stalls")}
    seen = " ".join(f"{key} {value}" for key, value in faults.items() if value) or "no faults"
    if line["mode"] == "idle":
        figures = f"{line['idle_pss_per_conn']:8.0f} B/connection"
    else:
        figures = f"{line['deliveries_per_s']:9,} /s {line['machine_us_per_delivery']:8.3f} µs a delivery"
    print(
        f"{line['scenario']:16} {line['rep']} {line['label']:18} {figures}"
        f" {line['handshake_cpu_us']:6.1f} µs a handshake"
        f"  others {line['foreign_pct']} %, stolen {line['stolen_pct']} %  {seen}",
        flush=True,
    )


def end_on_terminate(number, frame):
    """SIGTERM unwinds like Ctrl-C does, so that no server is left behind."""
    sys.exit(128 + number)


def run(results, suite, repetitions, chosen):
    # Memory is measured from a server's start, so each run of `idle` gets a new one.
    fresh = suite == "idle"
    servers = {}
    try:
        if not fresh:
            for peer in chosen:
                servers[peer.name] = Server(peer)
        for scenario, mode, arguments in SUITES[suite]:
            for repetition in range(repetitions):
                for peer in chosen:
                    if getattr(peer, mode) is None:
                        continue
                    if fresh:
                        servers = {peer.name: Server(peer)}
                    line = measure(servers[peer.name], servers.values(), mode, arguments)
                    line.update(scenario=scenario, rep=repetition)
                    with open(results, "a") as file:
                        file.write(json.dumps(line) + "\n")
                    show(line)
                    if fresh:
                        servers.pop(peer.name).end()
    finally:
        for server in servers.values():
            server.end()


def main():
    if len(sys.argv) < 4 or sys.argv[2] not in SUITES:
        sys.exit(f"{__doc__}\nSuites: {', '.join(SUITES)}")
    names = sys.argv[4].split(",") if len(sys.argv) > 4 else [peer.name for peer in peers.ALL if peer.is_available]
    unknown = [name for name in names if name not in peers.BY_NAME]
    if unknown:
        sys.exit(f"no server {', '.join(unknown)}; there are {', '.join(peers.BY_NAME)}")
    chosen = [peers.BY_NAME[name] for name in names]
    for peer in chosen:
        if not peer.is_available:
            sys.exit(f"{peer.name}: {peer.needs} is not set (see peers.py)")
    signal.signal(signal.SIGTERM, end_on_terminate)
    try:  # A desktop's scheduler groups by session: ours goes first.
        pathlib.Path("/proc/self/autogroup").write_text("-10")
    except OSError:
        pass
    run(sys.argv[1], sys.argv[2], int(sys.argv[3]), chosen)


main()
