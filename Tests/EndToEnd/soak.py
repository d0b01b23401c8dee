"""Rooms that come and go on two instances: nothing may be counted as lost or repeated. Not part of `make test`.

    ATALAYA_SOAK_MINUTES=10 Tests/EndToEnd/check BINARY soak

ATALAYA_TEST_SEED repeats what clients did, as far as their timing lets it.
"""

import asyncio
import os
import random
import time

from client import TestCase
from redis import Redis

MINUTES = float(os.environ.get("ATALAYA_SOAK_MINUTES", "10"))
ROOMS = [f"room{number}" for number in range(12)]


class SoakTests(TestCase):
    async def wander(self, gateway, end, seed):
        """Joins, leaves, talks, and now and then goes away and comes back."""
        chance = random.Random(seed)
        while time.monotonic() < end:
            client = await self.native(gateway)
            listening = asyncio.create_task(self.swallow(client))
            mine = set()
            for _ in range(chance.randint(5, 60)):
                room = chance.choice(ROOMS)
                what = chance.random()
                if what < 0.25 and room not in mine:
                    mine.add(room)
                    await client.say("subscribe", room=room, id=1)
                elif what < 0.5 and room in mine:
                    mine.remove(room)
                    await client.say("unsubscribe", room=room, id=2)
                else:
                    await client.say("publish", room=room, data=what, id=3)
                await asyncio.sleep(chance.random() * 0.05)
            await client.socket.close()
            await listening

    async def swallow(self, client):
        async for _ in client.socket:
            pass

    async def test_nothing_is_lost_or_repeated(self):
        redis = Redis()
        self.addCleanup(redis.end)
        redis.start()
        gateways = [self.gateway("--redis-url", redis.url, "--log-level", "warning").ready() for _ in range(2)]
        for gateway in gateways:
            await self.until(lambda: gateway.metric("atalaya_broker_up") == 1)
        end = time.monotonic() + MINUTES * 60
        seed = int(os.environ.get("ATALAYA_TEST_SEED") or random.randrange(1 << 30))
        print(f"ATALAYA_TEST_SEED={seed}, {MINUTES} minutes")
        await asyncio.gather(
            *(self.wander(gateways[number % 2], end, seed + number) for number in range(40))
        )
        for gateway in gateways:
            received = gateway.metric("atalaya_broker_received_total")
            print(
                f"received {received:.0f}, published {gateway.metric('atalaya_broker_published_total'):.0f},"
                f" delivered {gateway.metric('atalaya_deliveries_total', outcome='written'):.0f},"
                f" connections {gateway.metric('atalaya_connections_opened_total'):.0f}"
            )
            self.assertGreater(received, 0)
            for counted in ("gap_messages", "duplicates", "errors", "reconnects"):
                self.assertEqual(gateway.metric(f"atalaya_broker_{counted}_total"), 0, counted)
            self.assert_conserved(gateway)
