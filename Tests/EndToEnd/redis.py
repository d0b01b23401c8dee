"""A Redis server of a test's own, and as much of its protocol as a stranger to the gateway needs."""

import shutil
import socket
import subprocess
import tempfile

from gateway import free_port


class Redis:
    def __init__(self, port=None):
        self.port = port or free_port()
        self.folder = tempfile.mkdtemp(prefix="atalaya-redis-")
        self.process = None

    @property
    def url(self):
        return f"redis://127.0.0.1:{self.port}"

    def start(self):
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder]
        self.process = subprocess.Popen(command + ["--save", ""], stdout=subprocess.DEVNULL)
        while self.process.poll() is None:
            try:
                self.ask("PING")
                return self
            except OSError:
                try:
                    self.process.wait(0.05)
                except subprocess.TimeoutExpired:
                    pass
        raise AssertionError("redis-server did not start")

    def ask(self, *words):
        """Sends one command and gives the first line of its reply."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            parts = [word if isinstance(word, bytes) else word.encode() for word in words]
            request = b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
            connection.sendall(request)
            return connection.makefile("rb").readline().strip().decode()

    def kill(self):
        """Ends it at once, as a crash would."""
        self.process.kill()
        self.process.wait(10)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)

    def end(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
