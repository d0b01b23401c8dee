"""WebSocket clients as people write them, with the PyPI package `websockets`."""

import asyncio
import json
import logging
import os
import unittest

import websockets

from gateway import Gateway

Gateway.binary = os.environ["ATALAYA"]
# Only that a step of a test took a while.
logging.getLogger("asyncio").setLevel(logging.ERROR)
PATIENCE = 10


class Native:
    """A client of `atalaya.v1.json`."""

    def __init__(self, socket, welcome):
        self.socket, self.welcome = socket, welcome

    async def say(self, kind, **members):
        await self.socket.send(json.dumps({"type": kind, **members}))

    async def hear(self):
        return json.loads(await asyncio.wait_for(self.socket.recv(), PATIENCE))

    async def ask(self, kind, **members):
        await self.say(kind, **members)
        return await self.hear()

    async def closed(self):
        """What was heard until the end, and the code of the end."""
        heard = []
        try:
            while True:
                heard.append(await self.hear())
        except websockets.ConnectionClosed as end:
            return heard, end.rcvd.code if end.rcvd else None


class TestCase(unittest.IsolatedAsyncioTestCase):
    """Ends what it made: gateways, then connections."""

    def gateway(self, *flags, **how):
        gateway = Gateway(*flags, **how)
        self.addCleanup(gateway.end)
        return gateway

    async def connect(self, gateway, path, **how):
        elsewhere = {"address": how.pop("address")} if "address" in how else {}
        socket = await websockets.connect(gateway.url(path, **elsewhere), **how)
        self.addAsyncCleanup(socket.close)
        return socket

    async def native(self, gateway, query="", **how):
        socket = await self.connect(gateway, "/ws" + query, subprotocols=["atalaya.v1.json"], **how)
        welcome = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
        self.assertEqual(welcome["type"], "welcome")
        return Native(socket, welcome)

    async def hear(self, socket):
        return await asyncio.wait_for(socket.recv(), PATIENCE)

    async def code(self, socket):
        """Reads to the end and gives the close code."""
        try:
            while True:
                await self.hear(socket)
        except websockets.ConnectionClosed as end:
            return end.rcvd.code if end.rcvd else None

    async def until(self, condition, what="it came to nothing"):
        """Asks again and again until it holds."""
        for _ in range(int(PATIENCE / 0.05)):
            if await asyncio.to_thread(condition):
                return
            await asyncio.sleep(0.05)
        self.fail(what)

    def assert_conserved(self, gateway):
        """Nothing is lost between expected and outcomes, nor between opened and closed."""
        self.assertEqual(gateway.metric("atalaya_deliveries_unaccounted"), 0)
        self.assertEqual(gateway.metric("atalaya_connections_discrepancy"), 0)
