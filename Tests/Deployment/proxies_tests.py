"""docs/proxies.md: a real haproxy and a real nginx run the page's examples in front of two gateways."""

import asyncio
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import unittest

import websockets

import debian
from client import TestCase
from gateway import free_port
from project import effective, run, seconds, snippets

PAGE = "docs/proxies.md"
ADDRESSES = ("10.0.0.11", "10.0.0.12")


def adapt(text, port, gateways):
    """An example on ports of the test."""
    text = re.sub(r"(bind|listen) (?:\S*:)?80\b", rf"\1 127.0.0.1:{port}", text)
    lines = []
    for line in text.splitlines():
        for address, gateway in zip(ADDRESSES, gateways):
            if address in line:
                line = line.replace(f"{address}:8080", f"127.0.0.1:{gateway.port}")
                line = line.replace("port 9090", f"port {gateway.management}")
        lines.append(line)
    adapted = "\n".join(lines) + "\n"
    assert "10.0.0." not in adapted and "9090" not in adapted, adapted
    return adapted


class ProxyCase(TestCase):
    name = None

    def setUp(self):
        if debian.tool(self.name) is None:
            self.skipTest(f"{self.name} is not to be had")
        (self.snippet,) = snippets(PAGE, self.name)
        self.port = free_port()

    def start(self, gateways, change=lambda text: text):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        path = pathlib.Path(folder.name) / "configuration"
        path.write_text(self.whole(adapt(change(self.snippet), self.port, gateways), folder.name))
        environment = debian.environment(self.name)
        checked = run(*self.checking(path), environment=environment)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        self.log = pathlib.Path(folder.name) / "log"
        log = open(self.log, "w")
        self.addCleanup(log.close)
        process = subprocess.Popen(self.running(path), env=environment, stdout=log, stderr=subprocess.STDOUT)
        self.addCleanup(process.wait, 10)
        self.addCleanup(process.send_signal, signal.SIGTERM)

    async def talk(self, query="room=r"):
        return await websockets.connect(f"ws://127.0.0.1:{self.port}/ws?{query}", ping_interval=None)

    async def until_it_answers(self):
        for _ in range(200):
            try:
                await (await self.talk()).close()
                return
            except (OSError, websockets.WebSocketException):
                await asyncio.sleep(0.05)
        self.fail(f"the proxy lets nobody through: {self.log.read_text()}")

    def active(self, gateway):
        return gateway.metric("atalaya_connections_active")

    # The tests of both proxies.

    async def passes_messages_on(self):
        gateways = [self.gateway("--set", "drain.delay=3500ms", "--set", "drain.timeout=6s").ready() for _ in range(2)]
        self.start(gateways)
        await self.until_it_answers()
        clients = [await self.talk(f"room=r{number}") for number in range(6)]
        for number, client in enumerate(clients):
            await client.send(b"x" * 100_000)
            self.assertEqual(len(await self.hear(client)), 100_000)
        self.assertEqual([self.active(gateway) for gateway in gateways], [3, 3])
        return gateways, clients

    async def loses_no_new_client_in_a_drain(self):
        """While one instance drains, clients come every 50 ms: none is turned away, and the old ones find the other."""
        (leaving, staying), clients = await self.passes_messages_on()
        leaving.send(signal.SIGTERM)
        ended = asyncio.create_task(asyncio.to_thread(leaving.process.wait, 20))
        arrived = 0
        while not ended.done():
            client = await self.talk()
            await client.send("hello")
            try:
                self.assertEqual(await self.hear(client), "hello")
            except websockets.ConnectionClosed as end:
                # It came to the leaving instance, and was told to come again.
                self.assertEqual(end.rcvd.code, 1012)
            await client.close()
            arrived += 1
            await asyncio.sleep(0.05)
        self.assertEqual(await ended, 0)
        self.assertGreater(arrived, 20)
        self.assertEqual([client.close_code for client in clients].count(1012), 3)
        again = await self.talk()
        await again.send("still here")
        self.assertEqual(await self.hear(again), "still here")
        self.assertGreaterEqual(self.active(staying), 4)

    async def leaves_quiet_clients_alone(self):
        """With every time-out of the example at 3 s: pings each second keep a connection, and none at all lose it.

        The first ping falls anywhere in the first interval, so that has to be long where there is to be none.
        """
        for interval, kept in (("1s", True), ("1h", False)):
            gateway = self.gateway("--set", f"heartbeat.interval={interval}").ready()
            self.port = free_port()
            self.start([gateway, gateway], lambda text: text.replace("60s", "3s"))
            await self.until_it_answers()
            client = await self.talk()
            try:
                await asyncio.wait_for(client.recv(), 5)
            except TimeoutError:
                self.assertTrue(kept)
            except websockets.ConnectionClosed:
                self.assertFalse(kept)
            await client.close()

    def times_fit(self, *patterns):
        """Every idle time-out on the page is longer than what a quiet client is given."""
        told = effective()
        quiet = seconds(told["heartbeat.interval"]) + seconds(told["heartbeat.timeout"])
        for pattern in patterns:
            (found,) = re.findall(pattern, self.snippet)
            self.assertGreater(seconds(found), quiet, pattern)


class HAProxyTests(ProxyCase):
    name = "haproxy"

    def whole(self, text, folder):
        return text

    def checking(self, path):
        return [debian.tool("haproxy"), "-c", "-f", path]

    def running(self, path):
        return [debian.tool("haproxy"), "-db", "-f", path]

    async def test_new_clients_go_elsewhere_in_a_drain(self):
        await self.loses_no_new_client_in_a_drain()

    async def test_quiet_clients_are_left_alone(self):
        await self.leaves_quiet_clients_alone()

    def test_times(self):
        self.times_fit(r"timeout tunnel (\w+)", r"timeout client (\w+)", r"timeout server (\w+)")
        interval, falls = re.search(r"inter (\w+) fall (\d+)", self.snippet).groups()
        # The check that is under way when the drain begins, and then as many as it takes.
        self.assertLess((int(falls) + 1) * seconds(interval), seconds(effective()["drain.delay"]))

    async def test_an_instance_that_is_not_ready_gets_no_clients(self):
        slow = ("--set", "drain.delay=30s", "--set", "drain.timeout=60s")
        drained, ready = (self.gateway(*slow).ready() for _ in range(2))
        self.assertEqual(drained.get("/api/v1/drain", method="POST").status // 100, 2)
        self.start([drained, ready])
        await self.until(lambda: "atalaya/one is DOWN" in self.log.read_text())
        clients = [await self.talk() for _ in range(4)]
        self.assertEqual((self.active(drained), self.active(ready)), (0, len(clients)))


class NginxTests(ProxyCase):
    name = "nginx"

    def whole(self, text, folder):
        paths = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "".join(f"    {name}_temp_path {folder}/{name};\n" for name in paths)
        user = "user root;\n" if os.geteuid() == 0 else ""
        return (
            f"{user}daemon off;\nerror_log stderr warn;\npid {folder}/pid;\nevents {{}}\n"
            f"http {{\n    access_log off;\n{temporary}{text}}}\n"
        )

    def checking(self, path):
        return [debian.tool("nginx"), "-t", "-p", path.parent, "-e", "stderr", "-c", path]

    def running(self, path):
        return [debian.tool("nginx"), "-p", path.parent, "-e", "stderr", "-c", path]

    async def test_new_clients_go_elsewhere_in_a_drain(self):
        await self.loses_no_new_client_in_a_drain()

    async def test_quiet_clients_are_left_alone(self):
        await self.leaves_quiet_clients_alone()

    def test_times(self):
        self.times_fit(r"proxy_read_timeout (\w+);", r"proxy_send_timeout (\w+);")


class IngressTests(unittest.TestCase):
    def test_times(self):
        (snippet,) = snippets(PAGE, "yaml")
        told = effective()
        quiet = seconds(told["heartbeat.interval"]) + seconds(told["heartbeat.timeout"])
        found = re.findall(r'proxy-(?:read|send)-timeout: "(\d+)"', snippet)
        self.assertEqual(len(found), 2)
        self.assertTrue(all(int(number) > quiet for number in found))


del ProxyCase
