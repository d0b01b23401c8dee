"""Rooms over several instances, and a Redis that comes and goes."""

import asyncio
import base64
import hashlib
import hmac
import shutil
import signal
import time
import unittest

from client import TestCase
from redis import Redis


@unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
class RedisTests(TestCase):
    def redis(self):
        redis = Redis()
        self.addCleanup(redis.end)
        return redis

    async def test_a_room_spans_instances(self):
        redis = self.redis().start()
        here, there = (self.gateway("--redis-url", redis.url).ready() for _ in range(2))
        await self.until(lambda: here.metric("atalaya_broker_up") == there.metric("atalaya_broker_up") == 1)
        alice, bob = await self.native(here, "?user=alice"), await self.native(there, "?user=bob")
        self.assertEqual((await alice.ask("subscribe", room="r", id=1))["type"], "ok")
        self.assertEqual((await bob.ask("subscribe", room="r", id=1))["type"], "ok")
        for number in range(200):
            await alice.say("publish", room="r", data=number, echo=False)
        heard = [await bob.hear() for _ in range(200)]
        self.assertEqual([message["data"] for message in heard], list(range(200)))
        self.assertEqual({message["from"] for message in heard}, {"alice"})
        self.assertEqual((await alice.ask("publish", room="r", data=0, echo=False, id=2))["type"], "ok")
        self.assertEqual(int(redis.ask("PUBLISH", "atalaya:room:r", "from a stranger")[1:]), 2)
        for client in (alice, bob):
            while (message := await client.hear())["data"] != "from a stranger":
                pass
            self.assertNotIn("from", message)
        redis.ask("PUBLISH", "atalaya:room:r", b"\xff\x00")
        self.assertEqual((await alice.hear())["data"], {"base64": "/wA="})
        for gateway in (here, there):
            self.assertEqual(gateway.metric("atalaya_broker_gap_messages_total"), 0)
            self.assertEqual(gateway.metric("atalaya_broker_duplicates_total"), 0)
            self.assertEqual(gateway.metric("atalaya_broker_errors_total"), 0)
            self.assert_conserved(gateway)

    async def test_a_redis_that_is_not_there_degrades_and_heals(self):
        redis = self.redis()
        gateway = self.gateway("--redis-url", redis.url, "--set", "broker.patience=500ms").ready()
        self.assertEqual(gateway.get("/readyz").status, 200)
        self.assertIn("degraded", gateway.get("/readyz?verbose").text)
        native = await self.native(gateway)
        refused = await native.ask("publish", room="r", data=1, id=1)
        self.assertEqual((refused["type"], refused["code"], refused["id"]), ("error", "broker_unavailable", 1))
        plain = await self.connect(gateway, "/ws?room=r")
        await plain.send("x")
        self.assertEqual(await self.code(plain), 1013)
        self.assertEqual(gateway.metric("atalaya_messages_rejected_total", reason="broker_unavailable"), 2)
        await native.say("subscribe", room="r", id=2)
        redis.start()
        self.assertEqual(await native.hear(), {"type": "ok", "id": 2})
        await self.until(lambda: gateway.metric("atalaya_broker_up") == 1)
        self.assertEqual((await native.ask("publish", room="r", data=2, echo=False, id=3))["type"], "ok")
        redis.stop()
        await self.until(lambda: gateway.metric("atalaya_broker_up") == 0)
        self.assertEqual((await native.ask("publish", room="r", data=3, id=4))["code"], "broker_unavailable")
        redis.start()
        await self.until(lambda: gateway.metric("atalaya_broker_up") == 1)
        self.assertGreaterEqual(gateway.metric("atalaya_broker_reconnects_total"), 1)
        await native.say("publish", room="r", data=5, id=6)
        self.assertEqual({(await native.hear())["type"] for _ in range(2)}, {"ok", "message"})
        self.assert_conserved(gateway)

    async def test_instances_know_each_other_and_ignore_strangers(self):
        redis = self.redis().start()
        here, there = (self.gateway("--redis-url", redis.url).ready() for _ in range(2))
        rejected = "atalaya_fleet_messages_rejected_total"
        for reason in ("unsigned", "bad_signature", "stale", "unreadable"):
            self.assertEqual(here.metrics()[f'{rejected}{{reason="{reason}"}}'], 0)
        for gateway, other in ((here, there), (there, here)):
            await self.until(lambda: list(gateway.peers) == [other.instance], "the other was not heard of")
            self.assertLess(gateway.peers[other.instance], 10)
        head = b"\xff\x41\x54\x4c"
        for junk in (b"garbage", b"", head, head + b"\x09\x00" + b"x" * 100_000, bytes(1 << 20)):
            self.assertEqual(redis.ask("PUBLISH", "atalaya:_fleet", junk), ":2")
        for gateway, other in ((here, there), (there, here)):
            await self.until(lambda: gateway.metric(rejected, reason="unreadable") == 5)
            self.assertEqual(gateway.metric(rejected), 5)
            self.assertEqual(gateway.metric("atalaya_broker_errors_total"), 0)
            self.assertEqual(gateway.metric("atalaya_broker_up"), 1)
            self.assertEqual(list(gateway.peers), [other.instance])
            lines = [line for line in gateway.lines if line["event"] == "fleet.message_rejected"]
            self.assertLessEqual(len(lines), 2, "a line in ten seconds")
            self.assertEqual(lines[0]["reason"], "unreadable")
        alice, bob = await self.native(here, "?user=alice"), await self.native(there, "?user=bob")
        self.assertEqual((await bob.ask("subscribe", room="r", id=1))["type"], "ok")
        self.assertEqual((await alice.ask("publish", room="r", data="still", id=1))["type"], "ok")
        self.assertEqual((await bob.hear())["data"], "still")
        there.stop()
        await self.until(lambda: not here.peers, "no goodbye was heard")

    async def test_a_cluster_secret_signs_and_is_never_told(self):
        redis = self.redis().start()
        secret = "hush-hush-hush-hush"
        rejected = "atalaya_fleet_messages_rejected_total"
        flags = ("--redis-url", redis.url, "--set", f"cluster.secret={secret}")
        here, there = (self.gateway(*flags).ready() for _ in range(2))
        for gateway, other in ((here, there), (there, here)):
            await self.until(lambda: list(gateway.peers) == [other.instance], "the other was not heard of")
            self.assertEqual(gateway.metric(rejected), 0)
        stranger = self.gateway("--redis-url", redis.url).ready()
        await self.until(lambda: here.metric(rejected, reason="unsigned") > 0)
        self.assertEqual(list(here.peers), [there.instance])
        self.assertNotIn(secret, here.said + here.errors + here.get("/metrics").text)
        stranger.stop()

    async def test_secrets_that_cannot_be_right_are_refused(self):
        for secret, reason in (("a" * 15, "too short"), ("a" * 16 + "\n", "control character")):
            gateway = self.gateway(environment={"ATALAYA_CLUSTER_SECRET": secret})
            self.assertEqual(gateway.process.wait(30), 2)
            self.assertIn("cluster.secret", gateway.errors)
            self.assertIn(reason, gateway.errors)
            self.assertNotIn("aaa", gateway.errors)

    async def test_a_redis_that_is_killed_and_comes_back_costs_publishers_a_delay(self):
        redis = self.redis().start()
        here, there = (self.gateway("--redis-url", redis.url).ready() for _ in range(2))
        await self.until(lambda: here.metric("atalaya_broker_up") == there.metric("atalaya_broker_up") == 1)
        alice, bob = await self.native(here, "?user=alice"), await self.native(there, "?user=bob")
        plain = await self.connect(here, "/ws?room=plain&echo=false")
        for room in ("r", "plain"):
            self.assertEqual((await bob.ask("subscribe", room=room, id=1))["type"], "ok")

        async def publish():
            answers = []
            for number in range(300):
                await plain.send(str(number))
                answers.append(await alice.ask("publish", room="r", data=number, id=number))
                await asyncio.sleep(0.01)
            return [answer["type"] for answer in answers]

        publishing = asyncio.create_task(publish())
        await asyncio.sleep(0.5)
        redis.kill()
        await asyncio.sleep(1.5)
        redis.start()
        self.assertEqual(set(await publishing), {"ok"})
        await self.until(lambda: there.metric("atalaya_broker_up") == 1)
        await plain.send("end")
        self.assertEqual((await alice.ask("publish", room="r", data="end", id=1))["type"], "ok")
        heard = {"r": [], "plain": []}
        while not all(numbers and numbers[-1] == "end" for numbers in heard.values()):
            message = await bob.hear()
            heard[message["room"]].append(message["data"])
        numbers = {room: [int(each) for each in all[:-1]] for room, all in heard.items()}
        for each in numbers.values():
            self.assertEqual(each, sorted(set(each)), "in order, none twice")
        lost = 600 - sum(map(len, numbers.values()))
        await self.until(lambda: there.metric("atalaya_broker_gap_messages_total") == lost)
        self.assertEqual(here.metric("atalaya_messages_rejected_total", reason="broker_unavailable"), 0)
        self.assertEqual(here.metric("atalaya_connections_closed_total"), 0)

    async def test_a_password_is_used_and_never_told(self):
        redis = self.redis().start()
        redis.ask("CONFIG", "SET", "requirepass", "hush-hush")
        gateway = self.gateway("--redis-url", redis.url.replace("//", "//:wrong-secret@")).ready()
        await self.until(lambda: "WRONGPASS" in gateway.said)
        self.assertNotIn("wrong-secret", gateway.said + gateway.errors)
        right = self.gateway("--redis-url", redis.url.replace("//", "//:hush-hush@")).ready()
        await self.until(lambda: right.metric("atalaya_broker_up") == 1)
        self.assertNotIn("hush-hush", right.said + right.errors + right.get("/metrics").text)

    def record(self, redis, token, user=""):
        """How many milliseconds the record of a token is still valid, named as docs/wire-format.md says."""
        digest = hmac.digest(b"atalaya resume token", f"{user}\0{token}".encode(), hashlib.sha256)
        name = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return int(redis.ask("PTTL", "atalaya:resume:" + name)[1:])

    async def test_a_chain_is_continued_on_the_other_instance(self):
        redis = self.redis().start()
        here, there = (self.gateway("--redis-url", redis.url).ready() for _ in range(2))
        await self.until(lambda: here.metric("atalaya_broker_up") == there.metric("atalaya_broker_up") == 1)
        for query, user in (("user=alice&", "alice"), ("", "")):
            client = await self.native(here, f"?{query}")
            who = client.welcome["userId"]
            for place, gateway in enumerate((there, here, there, there), 1):
                token = client.welcome["resume"]
                await self.until(lambda: self.record(redis, token, user) > 3_600_000)
                await client.socket.close(1001)
                await self.until(lambda: 0 < self.record(redis, token, user) <= 120_000)
                client = await self.native(gateway, f"?{query}resume={token}")
                self.assertTrue(client.welcome["resumed"])
                self.assertEqual(client.welcome["userId"], who)
                lines = [line for line in gateway.lines if line["event"] == "connection.resumed"]
                self.assertEqual(lines[-1]["place"], place)
                self.assertEqual(lines[-1]["connectionId"], client.welcome["connectionId"])
                earlier = [here, there, here, there][place - 1].instance
                self.assertEqual(lines[-1]["earlierInstance"], earlier)
                self.assertLess(lines[-1]["durationMs"], 10_000)
                # Used once, wherever it is brought again; what is pipelined behind a `connect` is answered after it.
                for again in (here, there):
                    other = await self.native(again, f"?{query}")
                    await other.say("connect", resume=token)
                    await other.say("ping", id=1)
                    answers = [await other.hear() for _ in range(2)]
                    self.assertEqual([answer["type"] for answer in answers], ["welcome", "pong"])
                    self.assertFalse(answers[0]["resumed"])
                    await other.socket.close()
            thief = await self.native(there, f"?user=mallory&resume={client.welcome['resume']}")
            self.assertFalse(thief.welcome["resumed"])
        resumed = {"outcome": "resumed", "protocol": "native"}
        name = "atalaya_reconnects_total"
        self.assertEqual(here.metric(name, origin="other_instance", **resumed), 2)
        self.assertEqual(there.metric(name, origin="other_instance", **resumed), 4)
        self.assertEqual(there.metric(name, origin="same_instance", **resumed), 2)
        self.assertEqual(there.metric("atalaya_reconnect_gap_seconds_count", protocol="native"), 6)
        for gateway in (here, there):
            self.assertNotIn(client.welcome["resume"], gateway.said + gateway.get("/metrics").text)
            self.assertEqual(gateway.metric("atalaya_broker_errors_total"), 0)
            self.assert_conserved(gateway)

    async def test_the_chains_of_an_instance_that_was_killed_are_continued_within_its_lease(self):
        redis = self.redis().start()
        here, there = (self.gateway("--redis-url", redis.url).ready() for _ in range(2))
        await self.until(lambda: here.metric("atalaya_broker_up") == there.metric("atalaya_broker_up") == 1)
        clients = [await self.native(here, "?user=alice") for _ in range(2)]
        tokens = [client.welcome["resume"] for client in clients]
        await self.until(lambda: all(self.record(redis, token, "alice") > 0 for token in tokens))
        here.stop(signal.SIGKILL)
        back = await self.native(there, f"?user=alice&resume={tokens[0]}")
        self.assertTrue(back.welcome["resumed"])
        name = "atalaya_reconnects_total"
        self.assertEqual(there.metric(name, outcome="resumed", origin="other_instance"), 1)
        # Nobody saw it end, so nobody says when.
        lines = [line for line in there.lines if line["event"] == "connection.resumed"]
        self.assertNotIn("durationMs", lines[-1])
        # As if the lease had run out.
        keys = "for _, key in ipairs(redis.call('KEYS', 'atalaya:lease:*')) do redis.call('DEL', key) end"
        redis.ask("EVAL", keys, "0")
        late = await self.native(there, f"?user=alice&resume={tokens[1]}")
        self.assertFalse(late.welcome["resumed"])
        self.assertEqual(there.metric(name, outcome="fresh", origin="unknown"), 1)

    async def test_without_redis_chains_are_continued_on_their_own_instance(self):
        redis = self.redis().start()
        here, there = (self.gateway("--redis-url", redis.url).ready() for _ in range(2))
        await self.until(lambda: here.metric("atalaya_broker_up") == there.metric("atalaya_broker_up") == 1)
        alice, bob = await self.native(here, "?user=alice"), await self.native(here, "?user=bob")
        redis.kill()
        await self.until(lambda: here.metric("atalaya_broker_up") == there.metric("atalaya_broker_up") == 0)
        away = await self.native(there, f"?user=bob&resume={bob.welcome['resume']}")
        self.assertFalse(away.welcome["resumed"])
        token = alice.welcome["resume"]
        await alice.socket.close(1001)
        back = await self.native(here, f"?user=alice&resume={token}")
        self.assertTrue(back.welcome["resumed"])
        # What was opened meanwhile gets its record when it ends.
        redis.start()
        await self.until(lambda: here.metric("atalaya_broker_up") == there.metric("atalaya_broker_up") == 1)
        await back.socket.close(1001)
        await self.until(lambda: self.record(redis, back.welcome["resume"], "alice") > 0)
        again = await self.native(there, f"?user=alice&resume={back.welcome['resume']}")
        self.assertTrue(again.welcome["resumed"])
        self.assertFalse((await self.native(there, f"?user=alice&resume={token}")).welcome["resumed"])

    async def test_a_redis_that_does_not_answer_holds_up_no_welcome_and_costs_no_token(self):
        redis = self.redis().start()
        here, there = (self.gateway("--redis-url", redis.url).ready() for _ in range(2))
        await self.until(lambda: here.metric("atalaya_broker_up") == there.metric("atalaya_broker_up") == 1)
        token = (await self.native(here, "?user=alice")).welcome["resume"]
        await self.until(lambda: self.record(redis, token, "alice") > 0)
        redis.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        client = await self.native(there, f"?user=alice&resume={token}")
        self.assertFalse(client.welcome["resumed"])
        self.assertGreater(time.monotonic() - began, 0.24)
        self.assertEqual(there.metric("atalaya_reconnects_total", outcome="fresh", origin="unknown"), 1)
        redis.process.send_signal(signal.SIGCONT)
        await self.until(lambda: "connection.resume_late" in there.said)
        # The next answer on this connection comes after that of what gave the token back.
        await self.native(there, "?user=bob&resume=R2hvc3QtdG9rZW4tb25seQ")
        again = await self.native(here, f"?user=alice&resume={token}")
        self.assertTrue(again.welcome["resumed"])
