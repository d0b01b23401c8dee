"""A real gateway process, its ports, its metrics and its log."""

import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Answer:
    """What an HTTP request was answered with, whatever the status."""

    def __init__(self, port, path, method="GET", headers=None, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            self.status, self.headers, self.body = answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    @property
    def text(self):
        return self.body.decode()


class Gateway:
    """`atalaya serve --dev` with JSON logs; ended by whoever made it."""

    binary = None

    def __init__(self, *flags, environment=None, descriptors=None, development=True, instead_of=None):
        """On free ports, or on those of a gateway that has ended."""
        self.port = instead_of.port if instead_of else free_port()
        self.management = instead_of.management if instead_of else free_port()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="atalaya-"))
        self.out, self.error = open(self.folder / "out", "w"), open(self.folder / "error", "w")
        command = [self.binary, "serve", "--port", str(self.port), "--management-port", str(self.management)]
        command += ["--log-format", "json", *flags]
        if development:
            command.insert(2, "--dev")
        if descriptors:
            command = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh", *command]
        self.process = subprocess.Popen(
            command, stdout=self.out, stderr=self.error, env={**os.environ, **(environment or {})}
        )

    def ready(self):
        """Waits until it listens."""
        while self.process.poll() is None:
            try:
                if self.get("/startupz").status == 200:
                    return self
            except OSError:
                pass
            try:
                self.process.wait(0.05)
            except subprocess.TimeoutExpired:
                pass
        raise AssertionError(f"the gateway did not start: {self.said} {self.errors}")

    def get(self, path, **how):
        return Answer(self.management, path, **how)

    def public(self, path, **how):
        return Answer(self.port, path, **how)

    def url(self, path, address=None):
        """`address`: a host and a port that lead to it another way."""
        return f"ws://{address or f'127.0.0.1:{self.port}'}{path}"

    @property
    def said(self):
        return (self.folder / "out").read_text()

    @property
    def errors(self):
        return (self.folder / "error").read_text()

    @property
    def lines(self):
        """The log, line by line; every line is JSON."""
        return [json.loads(line) for line in self.said.splitlines()]

    @property
    def instance(self):
        """Its name among its peers."""
        return self.lines[0]["instance"]

    @property
    def peers(self):
        """Seconds since each of the others was heard from last, by name."""
        family = "atalaya_peer_last_seen_seconds"
        return {series.split('"')[1]: age for series, age in self.metrics().items() if series.startswith(family)}

    def metrics(self):
        """Series to value, as Prometheus reads them."""
        values = {}
        for line in self.get("/metrics").text.splitlines():
            if line and not line.startswith("#"):
                series, value = line.rsplit(" ", 1)
                values[series] = float(value)
        return values

    def metric(self, name, **labels):
        """The sum of a family's series that have these labels."""
        total = 0.0
        for series, value in self.metrics().items():
            family, _, rest = series.partition("{")
            if family == name and all(f'{key}="{word}"' in rest for key, word in labels.items()):
                total += value
        return total

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, how=signal.SIGTERM, within=15):
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(within)

    def end(self):
        self.stop(signal.SIGKILL)
        self.out.close()
        self.error.close()
        shutil.rmtree(self.folder)
