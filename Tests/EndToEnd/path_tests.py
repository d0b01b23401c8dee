"""Where the path to a client is slow, as the API says it, over paths that are slow in different places."""

import asyncio
import json
import signal
import subprocess
import sys

from client import TestCase
from network import Network

QUICK = ("--set", "heartbeat.interval=1s", "--set", "heartbeat.timeout=20s")


def network():
    """`None` where this process may not make one."""
    try:
        return Network()
    except OSError:
        return None


class SlowProxy:
    """A TCP proxy that keeps what a client says, and what is said to it, for a while."""

    def __init__(self, port):
        self.target = port
        self.delay = 0.0

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def serve(self, *client):
        gateway = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(self.carry(client[0], gateway[1]), self.carry(gateway[0], client[1]))

    async def carry(self, reader, writer):
        try:
            while some := await reader.read(65536):
                await asyncio.sleep(self.delay)
                writer.write(some)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def end(self):
        self.server.close()


class PathTests(TestCase):
    def details(self, gateway, connection):
        answer = gateway.get("/api/v1/connections/" + connection)
        self.assertEqual(answer.status, 200, answer.text)
        said = json.loads(answer.body)
        return said["path"] | {"slowAt": said["slowAt"]}

    async def slow_at(self, gateway, connection, place, ask=None):
        """Waits until a connection is slow there, and gives what the API says of it then."""
        ask, said = ask or self.details, {}

        def is_there():
            said.update(ask(gateway, connection))
            # A busy machine makes the gateway slow too, for half a minute.
            return said["slowAt"] == place or (place == "none" and said["loopLagMs"] >= 100)

        await self.until(is_there, f"it is never slow at {place}: {said}")
        return said

    async def test_a_proxy_with_a_delay_flips_the_verdict(self):
        gateway = self.gateway(*QUICK).ready()
        proxy = await SlowProxy(gateway.port).start()
        self.addAsyncCleanup(proxy.end)
        client = await self.native(gateway, address=f"127.0.0.1:{proxy.port}")
        other = await self.native(gateway)
        me = client.welcome["connectionId"]
        await self.until(lambda: self.details(gateway, me).get("pingRttMs"), "no ping was measured")
        await self.slow_at(gateway, me, "none")
        proxy.delay = 0.2
        # The proxy ends the kernel's way, so all that is slow looks like the client to the gateway.
        said = await self.slow_at(gateway, me, "client")
        self.assertIn("slow to answer", said["sentence"])
        await self.slow_at(gateway, other.welcome["connectionId"], "none")
        proxy.delay = 0
        await self.slow_at(gateway, me, "none")

    async def test_a_client_that_does_not_read_is_slow_itself(self):
        gateway = self.gateway(*QUICK, "--set", "queue.bytes=16MiB").ready()
        slow = await self.native(gateway, "?user=slow", max_queue=1)
        fast = await self.native(gateway, "?user=fast")
        await slow.ask("subscribe", room="r", id=1)
        slow.socket.transport.pause_reading()
        me = slow.welcome["connectionId"]
        for _ in range(8):
            for _ in range(16):
                await fast.say("publish", room="r", data="x" * 64000)
            if (await asyncio.to_thread(self.details, gateway, me))["slowAt"] != "none":
                break
        said = await self.slow_at(gateway, me, "client")
        self.assertIn("does not read", said["sentence"])
        await self.slow_at(gateway, fast.welcome["connectionId"], "none")
        slow.socket.transport.resume_reading()
        reading = asyncio.create_task(slow.closed())
        self.addCleanup(reading.cancel)
        await self.slow_at(gateway, me, "none")

    async def test_a_client_that_is_stopped_is_slow_itself(self):
        gateway = self.gateway(*QUICK).ready()
        program = (
            "import asyncio, sys, websockets\n"
            "async def main():\n"
            "    async with websockets.connect(sys.argv[1], subprotocols=['atalaya.v1.json']) as socket:\n"
            "        print(await socket.recv(), flush=True)\n"
            "        await socket.wait_closed()\n"
            "asyncio.run(main())\n"
        )
        stopped = subprocess.Popen(
            [sys.executable, "-c", program, gateway.url("/ws")], stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(stopped.wait)
        self.addCleanup(stopped.stdout.close)
        self.addCleanup(stopped.kill)
        me = json.loads(await asyncio.to_thread(stopped.stdout.readline))["connectionId"]
        await self.until(lambda: self.details(gateway, me).get("pingRttMs"), "no ping was measured")
        await self.slow_at(gateway, me, "none")
        stopped.send_signal(signal.SIGSTOP)
        said = await self.slow_at(gateway, me, "client")
        self.assertIn("without an answer", said["sentence"])
        stopped.send_signal(signal.SIGCONT)
        await self.slow_at(gateway, me, "none")

    async def test_a_slow_network_is_told_from_a_slow_client(self):
        wire = network()
        if not wire:
            self.skipTest("this process may not make a network")
        self.addCleanup(wire.end)
        here = wire.here.run
        gateway = here(lambda: self.gateway(*QUICK, "--set", f"public.host={wire.here.address}").ready())
        way = wire.there.connect(wire.here.address, gateway.port)
        client = await self.native(gateway, address=f"{wire.here.address}:{gateway.port}", sock=way)
        me = client.welcome["connectionId"]

        def ask(gateway, connection):
            return here(self.details, gateway, connection)

        await self.until(lambda: ask(gateway, me).get("pingRttMs"), "no ping was measured")
        await self.slow_at(gateway, me, "none", ask)
        wire.delay = 0.2
        said = await self.slow_at(gateway, me, "network", ask)
        self.assertIn("the network is slow", said["sentence"])
        wire.delay = 0
        await self.slow_at(gateway, me, "none", ask)
        wire.carries = False
        await self.slow_at(gateway, me, "network", ask)
        await self.until(
            lambda: "does not carry" in ask(gateway, me)["sentence"], f"it was not said: {ask(gateway, me)}"
        )
        self.assertEqual(ask(gateway, me)["slowAt"], "network")
        wire.carries = True
        await self.slow_at(gateway, me, "none", ask)
