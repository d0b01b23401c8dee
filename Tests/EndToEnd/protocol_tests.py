"""The clients of docs/protocol.md, as a reader copies them, against a real gateway."""

import asyncio
import shutil
import signal
import subprocess
import sys
import types
import unittest

from client import PATIENCE, TestCase
from gateway import Gateway
from pages import blocks, table

ROOM = "chat.lobby"


def node():
    """The command that runs JavaScript with a WebSocket in it; `None` where there is none."""
    program = shutil.which("node")
    if not program:
        return None
    version = int(subprocess.check_output([program, "--version"], text=True)[1:].split(".")[0])
    # It has one from 22 on, and before that behind a flag.
    return [program] if version >= 22 else [program, "--experimental-websocket"] if version >= 20 else None


class HandshakeTests(TestCase):
    async def test_refusals_have_the_statuses_of_the_page(self):
        gateway = self.gateway("--set", "drain.delay=0s").ready()
        upgrade = {"Connection": "Upgrade", "Upgrade": "websocket"}
        upgrade |= {"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13"}
        refused = [
            gateway.public("/ws", headers=upgrade),
            gateway.public("/ws?room=a&access_token=t", headers=upgrade),
            gateway.public("/ws?room=a", headers=upgrade | {"Sec-WebSocket-Protocol": "chat"}),
            gateway.public("/ws", method="POST"),
            gateway.public("/ws"),
            gateway.public("/ws?room=a", headers=upgrade | {"Sec-WebSocket-Version": "8"}),
            gateway.public("/ws?room=a", headers=upgrade | {"Cookie": "x" * 20_000}),
        ]
        for answer in refused:
            self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        seen = {str(answer.status) for answer in refused}
        rows = table("docs/protocol.md", "Connecting", "status")
        explained = {status for row in rows for status in row[0].split(", ")}
        # A draining instance says 503 only to those who were connected before.
        self.assertEqual(explained, seen | {"503"})


class PythonClientTests(TestCase):
    def setUp(self):
        self.code, self.usage = blocks("docs/protocol.md", "python")
        self.page = types.ModuleType("page")
        exec(compile(self.code, "docs/protocol.md", "exec"), self.page.__dict__)

    async def client(self, url):
        """A client that is in the room, the task that keeps it there, and the queue of what it hears."""
        heard = asyncio.Queue()
        client = self.page.Atalaya(url, heard.put_nowait)
        await client.subscribe(ROOM)
        run = asyncio.create_task(client.run())
        self.addCleanup(run.cancel)
        await self.until_connected(client)
        return client, run, heard

    async def until_connected(self, client):
        await self.until(lambda: client.resume and client.socket, "it did not connect")

    async def test_it_talks(self):
        gateway = self.gateway().ready()
        alice, _, _ = await self.client(gateway.url("/ws?user=alice"))
        _, _, heard = await self.client(gateway.url("/ws?user=bob"))
        await self.until(lambda: gateway.metric("atalaya_subscriptions_active") == 2)
        answer = await alice.publish(ROOM, {"text": "hi"})
        message = await asyncio.wait_for(heard.get(), PATIENCE)
        self.assertEqual((message["from"], message["data"]), ("alice", {"text": "hi"}))
        self.assertEqual(message["id"], answer["messageId"])
        self.assertEqual((await alice.publish("_inner", 1))["code"], "forbidden")

    async def test_it_comes_back_after_a_drain_and_is_in_its_rooms(self):
        gateway = self.gateway("--set", "drain.delay=0s", "--set", "drain.timeout=3s").ready()
        client, _, heard = await self.client(gateway.url("/ws?user=alice"))
        first = client.resume
        self.assertEqual(await asyncio.to_thread(gateway.stop), 0)
        await self.until(lambda: client.socket is None)
        self.gateway(instead_of=gateway).ready()
        await self.until(lambda: client.resume != first and client.socket, "it did not come back")
        await client.publish(ROOM, "there you are")
        self.assertEqual((await asyncio.wait_for(heard.get(), PATIENCE))["data"], "there you are")

    async def test_it_does_not_come_back_where_that_is_no_use(self):
        gateway = self.gateway("--set", "limits.messageBytes=1KiB").ready()
        client, run, _ = await self.client(gateway.url("/ws"))
        answer = await client.publish(ROOM, "x" * 2000)
        self.assertEqual(answer["code"], "connection_lost")
        await asyncio.wait_for(run, PATIENCE)

    async def test_the_example_of_its_use_prints_what_is_said(self):
        gateway = self.gateway().ready()
        text = self.code + self.usage.replace("ws://127.0.0.1:8080/ws", gateway.url("/ws"))
        await self.assert_prints([sys.executable, "-u", "-c", text], gateway)

    @unittest.skipUnless(node(), "no node with a WebSocket here; Chromium runs this client in Tests/Browser")
    async def test_the_client_in_javascript_talks_in_node(self):
        gateway = self.gateway().ready()
        code, usage = blocks("docs/protocol.md", "js")
        text = code + usage.replace("ws://127.0.0.1:8080/ws", gateway.url("/ws"))
        await self.assert_prints([*node(), "--eval", text], gateway)

    async def assert_prints(self, command, gateway):
        """The program is in the room and prints the sender and the data of what is said there."""
        program = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.addCleanup(program.stdout.close)
        self.addCleanup(program.wait)
        self.addCleanup(program.send_signal, signal.SIGKILL)
        await self.until(lambda: gateway.metric("atalaya_subscriptions_active") == 1)
        alice = await self.native(gateway, "?user=alice")
        await alice.ask("publish", id=1, room=ROOM, data="good morning")
        line = await asyncio.wait_for(asyncio.to_thread(program.stdout.readline), PATIENCE)
        self.assertEqual(line, "alice good morning\n")


if __name__ == "__main__":
    unittest.main()
