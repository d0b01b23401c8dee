"""The life of the process: start, faults, probes, drain, end."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import unittest

import websockets

from client import TestCase
from gateway import Gateway, free_port
from redis import Redis

QUICK = ("--set", "drain.delay=200ms", "--set", "drain.timeout=3s")


def atalaya(*words, environment=None):
    """Runs a command to its end."""
    return subprocess.run(
        [Gateway.binary, *words], capture_output=True, text=True, timeout=30, env={**os.environ, **(environment or {})}
    )


def faults(ended):
    """What a command that ended said on stderr, without warnings such as those of the tests' own variables."""
    return [line for line in ended.stderr.splitlines() if not line.startswith("atalaya: warning:")]


class StartTests(TestCase):
    async def test_nobody_is_let_in_unless_somebody_said_so(self):
        ended = atalaya("serve")
        self.assertEqual(ended.returncode, 2)
        self.assertIn("auth.mode", ended.stderr)
        gateway = self.gateway("--set", "auth.mode=anonymous", development=False).ready()
        self.assertEqual(gateway.public("/").status, 404)
        self.assertEqual(gateway.public("/echo").status, 404)
        client = await self.native(gateway, "?user=alice")
        self.assertEqual(client.welcome["userId"], "anon-" + client.welcome["connectionId"])

    async def test_every_fault_is_told_at_once(self):
        ended = atalaya(
            "serve", "--dev", "--port", "eighty", "--set", "heartbeat.intervall=5s", "--set", "queue.bytes=-1",
            "--set", "drain.delay=9m", "--broker", "nats", "--set", "history.size=5",
        )
        self.assertEqual(ended.returncode, 2)
        for part in ("public.port", "eighty", "did you mean heartbeat.interval", "queue.bytes", "drain.delay",
                     "broker.kind", "history.size"):
            self.assertIn(part, ended.stderr)
        self.assertEqual(ended.stdout, "")
        self.assertGreaterEqual(len(ended.stderr.splitlines()), 6)
        self.assertEqual(atalaya("token").returncode, 2)
        self.assertEqual(atalaya("serve", "--nonsense").returncode, 2)

    async def test_kubernetes_own_variables_are_no_settings(self):
        injected = {
            "ATALAYA_SERVICE_HOST": "10.0.0.1", "ATALAYA_PORT": "tcp://10.0.0.1:8080",
            "ATALAYA_PORT_8080_TCP_ADDR": "10.0.0.1", "ATALAYA_PUBLIC_PORT": "tcp://10.0.0.1:8080",
        }
        ended = atalaya("config", "check", "--dev", environment={**injected, "ATALAYA_HEARTBEAT_INTERVALL": "5s"})
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertIn("ATALAYA_HEARTBEAT_INTERVAL", ended.stderr)
        self.assertNotIn("SERVICE_HOST", ended.stderr)

    async def test_a_taken_port_is_found_whoever_holds_it(self):
        gateway = self.gateway().ready()
        for port, management in [(gateway.port, free_port()), (free_port(), gateway.management)]:
            ended = atalaya("serve", "--dev", "--port", str(port), "--management-port", str(management))
            self.assertEqual(ended.returncode, 1)
            self.assertIn("is taken by another process", ended.stderr)
        with socket.socket() as stranger:
            stranger.bind(("127.0.0.1", 0))
            stranger.listen()
            port = stranger.getsockname()[1]
            ended = atalaya("serve", "--dev", "--port", str(port), "--management-port", str(free_port()))
            self.assertEqual(ended.returncode, 1)
            self.assertIn(str(port), ended.stderr)

    @unittest.skipUnless(shutil.which("redis-server"), "redis-server is not installed")
    async def test_a_full_descriptor_table_turns_clients_away_and_nothing_else(self):
        redis = Redis().start()
        self.addCleanup(redis.end)
        gateway = self.gateway("--redis-url", redis.url, descriptors=80).ready()
        first = await self.connect(gateway, "/ws?room=r")
        flood = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(120)]
        await self.until(lambda: any(line["event"] == "listener.accept_failed" for line in gateway.lines))
        await first.send("still here")
        self.assertEqual(await self.hear(first), "still here")
        # Probes, metrics and a lost connection to Redis come first.
        for _ in range(3):
            for path in ("/livez", "/readyz", "/metrics"):
                self.assertEqual(gateway.get(path).status, 200)
        redis.stop()
        await self.until(lambda: gateway.metric("atalaya_broker_up") == 0)
        redis.start()
        await self.until(lambda: gateway.metric("atalaya_broker_up") == 1)
        self.assertGreater(gateway.metric("process_open_fds"), 40)
        await first.send("and here")
        self.assertEqual(await self.hear(first), "and here")
        for one in flood:
            one.close()
        await self.until(lambda: gateway.metric("process_open_fds") < 45)
        again = await self.connect(gateway, "/ws?room=r")
        await again.send("back")
        self.assertEqual(await self.hear(again), "back")
        self.assert_conserved(gateway)

    async def test_what_the_system_does_not_give_is_told_in_words(self):
        ports = ("--port", str(free_port()), "--management-port", str(free_port()))
        cases = [
            ("ulimit -n 40", ("--dev", *ports), "40 file descriptors are too few"),
            (":", ("--dev", *ports, "--set", "public.host=192.0.2.1"), "no interface of this machine has the address"),
        ]
        if os.geteuid() == 0:
            cases.append(("ulimit -u 4", ("--dev", *ports), "a thread could not be made"))
            cases.append((":", ("--dev", "--port", "80", *ports[2:]), "ports below 1024 need root"))
        for first, flags, words in cases:
            command = ["bash", "-c", f'{first}; exec "$@"', "bash"]
            if "ulimit -u" in first or "80" in flags:
                # Root may do what others may not.
                command += ["setpriv", "--reuid=65534", "--clear-groups"]
            ended = subprocess.run(
                [*command, Gateway.binary, "serve", *flags], capture_output=True, text=True, timeout=30
            )
            self.assertEqual(ended.returncode, 1, (first, ended.stderr))
            self.assertIn(words, ended.stderr)
            self.assertEqual(len(faults(ended)), 1, ended.stderr)

    async def test_a_file_that_cannot_be_read_is_the_only_fault_told(self):
        for path in ("/nowhere/atalaya.yaml", "/dev/null/x"):
            ended = atalaya("serve", "--config", path)
            self.assertEqual(ended.returncode, 2)
            self.assertEqual(len(faults(ended)), 1, ended.stderr)
            self.assertIn(path, ended.stderr)

    async def test_a_hangup_ends_nothing_and_says_so(self):
        gateway = self.gateway().ready()
        client = await self.connect(gateway, "/ws?room=r")
        gateway.send(signal.SIGHUP)
        await self.until(lambda: any(line["event"] == "gateway.nothing_to_reload" for line in gateway.lines))
        await client.send("still here")
        self.assertEqual(await self.hear(client), "still here")

    async def test_ports_and_machines_make_no_other_configuration(self):
        one, other = self.gateway().ready(), self.gateway("--set", "engine.loops=1").ready()
        same = self.gateway("--set", "public.host=127.0.0.1").ready()

        def fingerprint(gateway):
            return [series for series in gateway.metrics() if series.startswith("atalaya_config_info")]

        self.assertEqual(fingerprint(one), fingerprint(same))
        self.assertNotEqual(fingerprint(one), fingerprint(other))
        self.assertTrue(one.instance.endswith(f"-{one.management}"))


class ProbeTests(TestCase):
    async def test_probes_and_metrics_answer(self):
        gateway = self.gateway().ready()
        for path in ("/livez", "/readyz", "/startupz"):
            self.assertEqual((gateway.get(path).status, gateway.get(path).text.strip()), (200, "ok"))
            self.assertIn("[+]", gateway.get(path + "?verbose").text)
            self.assertEqual(json.loads(gateway.get(path, headers={"Accept": "application/json"}).text)["status"], "ok")
        answer = gateway.get("/metrics")
        self.assertTrue(answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"))
        self.assertIn("atalaya_build_info", answer.text)
        openmetrics = gateway.get("/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
        self.assertTrue(openmetrics.text.endswith("# EOF\n"))
        self.assertEqual(gateway.get("/nothing").status, 404)
        self.assertEqual(gateway.public("/metrics").status, 404)
        for word, code in (("live", 0), ("ready", 0), ("startup", 0)):
            self.assertEqual(atalaya("health", word, "--management-port", str(gateway.management)).returncode, code)
        self.assertEqual(atalaya("health", "--management-port", str(free_port())).returncode, 1)

    async def test_log_lines_are_json_with_the_promised_fields(self):
        gateway = self.gateway().ready()
        client = await self.native(gateway, "?user=alice")
        await client.socket.close(4000, "bye")
        await self.until(lambda: any(line["event"] == "connection.closed" for line in gateway.lines))
        lines = {line["event"]: line for line in gateway.lines}
        for line in lines.values():
            self.assertRegex(line["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
            self.assertTrue({"level", "message", "instance"} <= line.keys())
            self.assertTrue(line["instance"].endswith(f"-{gateway.management}"))
        closed = lines["connection.closed"]
        self.assertEqual(closed["connectionId"], client.welcome["connectionId"])
        expected = {"userId": "alice", "protocol": "native", "transport": "websocket", "remoteAddress": "127.0.0.1"}
        self.assertEqual({key: closed[key] for key in expected}, expected)
        self.assertEqual((closed["reason"], closed["closeCode"]), ("normal", 4000))

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    async def test_prometheus_reads_the_metrics(self):
        gateway = self.gateway().ready()
        client = await self.native(gateway)
        await client.ask("subscribe", room="r", id=1)
        await client.ask("publish", room="r", data=1, id=2)
        text = gateway.get("/metrics").text
        checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=30)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))


class DrainTests(TestCase):
    async def test_sigterm_tells_clients_and_ends_with_0(self):
        gateway = self.gateway(*QUICK).ready()
        native = await self.native(gateway)
        plain = await self.connect(gateway, "/ws?room=r")
        gateway.send(signal.SIGTERM)
        await self.until(lambda: gateway.get("/readyz").status == 503)
        self.assertEqual(gateway.get("/livez").status, 200)
        heard, code = await native.closed()
        self.assertEqual((heard[-1]["type"], heard[-1]["reason"], code), ("reconnect", "drain", 1012))
        self.assertLessEqual(heard[-1]["afterMs"], 3000)
        self.assertEqual(await self.code(plain), 1012)
        self.assertEqual(await asyncio.to_thread(gateway.process.wait, 5), 0)
        events = [line["event"] for line in gateway.lines]
        self.assertEqual(events[-1], "gateway.stopped")
        self.assertEqual(events.count("connection.closed"), 2)

    async def test_a_drain_from_the_command_line_leaves_the_process_up(self):
        gateway = self.gateway(*QUICK).ready()
        plain = await self.connect(gateway, "/ws?room=r")
        end = asyncio.create_task(self.code(plain))
        ended = await asyncio.to_thread(
            atalaya, "drain", "--wait", "--management-port", str(gateway.management), *QUICK
        )
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertEqual(await end, 1012)
        self.assertIsNone(gateway.process.poll())
        self.assertEqual(gateway.get("/readyz").status, 503)
        self.assertEqual(gateway.metric("atalaya_drain_state"), 3)
        with self.assertRaises((OSError, websockets.WebSocketException)):
            await self.connect(gateway, "/ws?room=r")
        self.assert_conserved(gateway)
        self.assertEqual(gateway.stop(), 0)

    async def test_a_client_that_does_not_leave_is_cut_in_time(self):
        gateway = self.gateway("--set", "drain.delay=0s", "--set", "drain.timeout=1s").ready()
        idle = socket.create_connection(("127.0.0.1", gateway.port))
        self.addCleanup(idle.close)
        stubborn = await self.connect(gateway, "/ws?room=r", close_timeout=0)
        stubborn.transport.pause_reading()
        self.assertEqual(await asyncio.to_thread(gateway.stop, signal.SIGTERM, 5), 0)

    async def test_sigint_twice_quits(self):
        gateway = self.gateway("--set", "drain.delay=20s").ready()
        gateway.send(signal.SIGINT)
        await self.until(lambda: gateway.get("/readyz").status == 503)
        gateway.send(signal.SIGINT)
        self.assertEqual(await asyncio.to_thread(gateway.process.wait, 5), 130)


class SlowConsumerTests(TestCase):
    async def test_a_client_that_does_not_read_is_closed_and_everything_is_accounted_for(self):
        gateway = self.gateway("--set", "queue.bytes=64KiB", "--set", "limits.closeTimeout=200ms").ready()
        slow = await self.connect(gateway, "/ws?room=r&user=slow", max_queue=1)
        slow.transport.pause_reading()
        fast = await self.connect(gateway, "/ws?room=r&echo=false")

        def closed():
            return gateway.metric("atalaya_connections_closed_total", reason="slow_consumer") == 1

        for _ in range(600):
            for _ in range(20):
                await fast.send("x" * 16000)
            if await asyncio.to_thread(closed):
                break
        self.assertTrue(closed())
        self.assertEqual(gateway.metric("atalaya_deliveries_total", outcome="dropped_slow_consumer"), 1)
        self.assertGreater(gateway.metric("atalaya_deliveries_total", outcome="written"), 0)
        self.assert_conserved(gateway)
        await self.until(lambda: any(line["event"] == "connection.closed" for line in gateway.lines))
        line = next(line for line in gateway.lines if line["event"] == "connection.closed")
        self.assertEqual((line["reason"], line["closeCode"], line["room"]), ("slow_consumer", 4413, "r"))

    async def test_a_policy_can_drop_instead(self):
        for policy in ("dropNewest", "dropOldest"):
            gateway = self.gateway("--set", "queue.bytes=64KiB", "--set", f"queue.policy={policy}").ready()
            slow = await self.connect(gateway, "/ws?room=r", max_queue=1)
            slow.transport.pause_reading()
            fast = await self.connect(gateway, "/ws?room=r&echo=false")
            last = 0
            while not gateway.metric("atalaya_deliveries_total", outcome="dropped_slow_consumer"):
                for _ in range(50):
                    await fast.send(f"{last:08}" + "x" * 16000)
                    last += 1
            slow.transport.resume_reading()
            heard = []
            await fast.send("the end")
            # The end itself fits once the queue has drained.
            while (message := await self.hear(slow)) != "the end":
                heard.append(int(message[:8]))
                if len(heard) % 100 == 0:
                    await fast.send("the end")
            self.assertEqual(heard, sorted(set(heard)))
            self.assertLess(len(heard), last)
            self.assert_conserved(gateway)

    async def test_a_ping_unanswered_ends_a_connection(self):
        gateway = self.gateway("--set", "heartbeat.interval=1s", "--set", "heartbeat.timeout=1s").ready()
        dumb = await self.connect(gateway, "/ws?room=r", ping_interval=None)
        dumb.transport.pause_reading()
        await self.until(
            lambda: gateway.metric("atalaya_connections_closed_total", reason="ping_timeout", initiator="network") == 1
        )
        self.assert_conserved(gateway)

    async def test_round_trips_are_measured(self):
        gateway = self.gateway("--set", "heartbeat.interval=1s").ready()
        await self.native(gateway)
        await self.until(lambda: gateway.metric("atalaya_ping_rtt_seconds_count", protocol="native") >= 2)
