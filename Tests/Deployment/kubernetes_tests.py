"""k8s/: what is rendered is valid, fits the binary, and works when a pod is started and ended as kubelet does it."""

import asyncio
import json
import subprocess
import tempfile
import unittest

import kubernetes_validate
import yaml

from client import TestCase
from gateway import Answer, free_port
from image import Dockerfile
from manifests import SECRETS, Pod, environment, expand, find, only_container, pod, render
from project import ROOT, effective, run, seconds, snippets, version

OVERLAYS = [("base",), ("overlays", "redis")]
MONITOR = ("components", "pod-monitor")
OLDEST, NEWEST = "1.31", kubernetes_validate.latest_version()
RECOMMENDED = {f"app.kubernetes.io/{name}" for name in ("name", "instance", "component", "part-of", "managed-by")}
# Longer than a drain, for the command to see its end and for the process to go.
MARGIN = 5


def configuration(resources):
    """The ConfigMap's file in the eyes of the binary, with the container's environment."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(find(resources, "ConfigMap")["data"]["atalaya.yaml"])
        file.flush()
        return effective(file.name, environment(only_container(resources)))


class ManifestTests(unittest.TestCase):
    def test_everything_rendered_is_valid(self):
        for overlay in OVERLAYS:
            for resource in render(*overlay):
                for release in (OLDEST, NEWEST):
                    kubernetes_validate.validate(resource, release, strict=True)
        self.assertRaises(
            kubernetes_validate.ValidationError, kubernetes_validate.validate,
            {"apiVersion": "v1", "kind": "Service", "spec": {"prots": []}}, NEWEST, strict=True,
        )
        for snippet in snippets("docs/proxies.md", "yaml"):
            kubernetes_validate.validate(yaml.safe_load(snippet), NEWEST, strict=True)

    def test_the_yaml_is_tidy(self):
        rules = "{extends: default, rules: {document-start: disable, line-length: {max: 200}}}"
        checked = run(ROOT / ".venv/bin/yamllint", "--strict", "--config-data", rules, ROOT / "k8s", ROOT / "alerts")
        self.assertEqual(checked.returncode, 0, checked.stdout)

    def test_every_resource_has_the_recommended_labels(self):
        for resource in render("overlays", "redis", components=[MONITOR]):
            if resource["kind"] != "ConfigMap":
                self.assertLessEqual(RECOMMENDED, resource["metadata"]["labels"].keys(), resource["metadata"]["name"])

    def test_pods_may_run_where_only_restricted_ones_may(self):
        resources = render("overlays", "redis")
        for name in ("atalaya", "atalaya-redis"):
            spec, container = pod(resources, name)["spec"], only_container(resources, name)
            self.assertTrue(spec["securityContext"]["runAsNonRoot"])
            self.assertGreater(spec["securityContext"]["runAsUser"], 0)
            self.assertEqual(spec["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
            self.assertFalse(spec["automountServiceAccountToken"])
            self.assertEqual(
                container["securityContext"],
                {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
            )
            self.assertIn("memory", container["resources"]["limits"])

    def test_selectors_find_the_pods_of_their_own_and_ports_are_theirs(self):
        resources = render("overlays", "redis", components=[MONITOR])
        selecting = {
            ("Service", "atalaya"): "atalaya", ("Service", "atalaya-management"): "atalaya",
            ("Service", "atalaya-redis"): "atalaya-redis", ("PodDisruptionBudget", "atalaya"): "atalaya",
            ("PodMonitor", "atalaya"): "atalaya", ("Deployment", "atalaya"): "atalaya",
            ("Deployment", "atalaya-redis"): "atalaya-redis",
        }
        self.assertEqual(
            {(each["kind"], each["metadata"]["name"]) for each in resources if each["kind"] != "ConfigMap"},
            set(selecting),
        )
        for (kind, name), meant in selecting.items():
            spec = find(resources, kind, name)["spec"]
            selector = spec["selector"] if kind == "Service" else spec["selector"]["matchLabels"]
            for other in ("atalaya", "atalaya-redis"):
                labels = pod(resources, other)["metadata"]["labels"]
                self.assertEqual(selector.items() <= labels.items(), other == meant, (kind, name, other))
            ports = {port["name"] for port in only_container(resources, meant)["ports"]}
            if kind == "Service":
                self.assertLessEqual({port["targetPort"] for port in spec["ports"]}, ports)
                self.assertTrue(all(port["name"] for port in spec["ports"]))
            if kind == "PodMonitor":
                self.assertLessEqual({endpoint["port"] for endpoint in spec["podMetricsEndpoints"]}, ports)
        for spread in pod(resources)["spec"]["topologySpreadConstraints"]:
            self.assertLessEqual(
                spread["labelSelector"]["matchLabels"].items(), pod(resources)["metadata"]["labels"].items()
            )

    def test_the_monitor_scrapes_under_the_name_that_alerts_know(self):
        resources = render("base", components=[MONITOR])
        spec = find(resources, "PodMonitor")["spec"]
        self.assertEqual(pod(resources)["metadata"]["labels"][spec["jobLabel"]], "atalaya")
        (endpoint,) = spec["podMetricsEndpoints"]
        self.assertEqual((endpoint["port"], endpoint["path"]), ("management", "/metrics"))
        self.assertLess(seconds(endpoint["scrapeTimeout"]), seconds(endpoint["interval"]))

    def test_the_version_is_that_of_the_binary(self):
        resources = render("overlays", "redis")
        self.assertEqual(only_container(resources)["image"].rpartition(":")[2], version())
        for labels in (find(resources, "Deployment")["metadata"]["labels"], pod(resources)["metadata"]["labels"]):
            self.assertEqual(labels["app.kubernetes.io/version"], version())

    def test_ports_user_and_times_are_those_of_the_binary_and_the_image(self):
        for overlay in OVERLAYS:
            resources = render(*overlay)
            told, spec = configuration(resources), pod(resources)["spec"]
            ports = {port["name"]: port["containerPort"] for port in only_container(resources)["ports"]}
            self.assertEqual(ports, {"public": int(told["public.port"]), "management": int(told["management.port"])})
            context = spec["securityContext"]
            self.assertEqual(f"{context['runAsUser']}:{context['runAsGroup']}", Dockerfile().one("USER"))
            drain = seconds(told["drain.timeout"])
            self.assertGreaterEqual(spec["terminationGracePeriodSeconds"], drain + MARGIN)
            self.assertLess(seconds(told["drain.delay"]), drain)
            self.assertEqual(told["broker.kind"], "redis")
            self.assertNotIn(SECRETS["redis-password"], str(told))

    def test_a_wrong_key_in_the_configuration_would_be_seen(self):
        resources = render("base")
        find(resources, "ConfigMap")["data"]["atalaya.yaml"] += "drian: {delay: 1s}\n"
        self.assertRaisesRegex(AssertionError, "did you mean", configuration, resources)


class PodTests(TestCase):
    def pod(self, resources, **extra):
        started = Pod(resources, {"public": free_port(), "management": free_port()}, **extra)
        self.addCleanup(started.end)
        return started

    async def started(self, resources, **extra):
        """A pod as the startup probe waits for it."""
        pod = self.pod(resources, **extra)
        for _ in range(200):
            if pod.process.poll() is not None or await asyncio.to_thread(pod.probe, "startupProbe"):
                break
            await asyncio.sleep(0.05)
        self.assertIsNone(pod.process.poll(), pod.said)
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            self.assertTrue(pod.probe(probe), probe)
        return pod

    async def test_a_pod_lives_and_ends(self):
        pod = await self.started(render("base"), ATALAYA_DRAIN_DELAY="500ms", ATALAYA_DRAIN_TIMEOUT="6s")
        socket = await self.connect(Address(pod.ports["public"]), "/ws?room=r")
        ending = asyncio.create_task(self.code(socket))
        stopping = asyncio.create_task(asyncio.to_thread(pod.stop))
        await self.until(lambda: not pod.probe("readinessProbe"))
        self.assertTrue(pod.probe("livenessProbe"))
        command, code, drained, ended = await stopping
        self.assertEqual((command.returncode, command.stderr), (0, ""))
        self.assertEqual(await ending, 1012)
        self.assertEqual(code, 0)
        self.assertGreaterEqual(drained, 0.5)
        # Nothing is left to wait for: the signal ends it at once.
        self.assertLess(ended, 2)
        lines = [json.loads(line) for line in pod.said.splitlines()]
        events = [line["event"] for line in lines]
        self.assertEqual((events.count("drain.began"), events[-1]), (1, "gateway.stopped"))
        self.assertEqual({line["instance"] for line in lines}, {"atalaya-7c9f-x2x4z"})

    async def test_a_signal_during_the_drain_ends_when_the_drain_does(self):
        pod = await self.started(render("base"), ATALAYA_DRAIN_DELAY="1s", ATALAYA_DRAIN_TIMEOUT="2s")
        command = pod.container["lifecycle"]["preStop"]["exec"]["command"]
        command = [word for word in pod.words(command) if word != "--wait"]
        self.assertEqual(run(*command, environment=pod.environment).returncode, 0)
        pod.process.terminate()
        self.assertEqual(await asyncio.to_thread(pod.process.wait, 10), 0)
        self.assertEqual(pod.said.count('"drain.began"'), 1)

    async def test_nobody_drains_a_pod_without_the_token(self):
        pod = await self.started(render("base"))
        for stranger in (
            {name: value for name, value in pod.environment.items() if name != "ATALAYA_MANAGEMENT_TOKEN"},
            {**pod.environment, "ATALAYA_MANAGEMENT_TOKEN": "another"},
        ):
            command = pod.words(pod.container["lifecycle"]["preStop"]["exec"]["command"])
            refused = run(*command, environment=stranger)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("401", refused.stderr)
        self.assertTrue(pod.probe("readinessProbe"))

    async def test_the_gateway_logs_in_to_the_overlays_redis(self):
        resources = render("overlays", "redis")
        redis = only_container(resources, "atalaya-redis")
        variables, port = environment(redis), free_port()
        arguments = [expand(word, variables) for word in redis["args"]]
        self.assertEqual(redis["command"], ["redis-server"])
        self.assertEqual(arguments[arguments.index("--port") + 1], str(redis["ports"][0]["containerPort"]))
        arguments[arguments.index("--port") + 1] = str(port)
        with tempfile.TemporaryDirectory() as folder:
            server = subprocess.Popen(
                ["redis-server", *arguments, "--bind", "127.0.0.1"], cwd=folder, stdout=subprocess.DEVNULL
            )
            self.addCleanup(server.wait)
            self.addCleanup(server.kill)
            for probe in ("readinessProbe", "livenessProbe"):
                tool, *words = redis[probe]["exec"]["command"]
                asking = [tool, "-p", str(port), *words]
                await self.until(lambda: run(*asking, environment={**INJECTED_PATH, **variables}).returncode == 0)
                self.assertNotEqual(run(*asking, environment={**INJECTED_PATH, "REDISCLI_AUTH": "wrong"}).returncode, 0)
            service = find(resources, "Service", "atalaya-redis")
            address = f"{service['metadata']['name']}:{service['spec']['ports'][0]['port']}"
            url = environment(only_container(resources))["ATALAYA_REDIS_URL"]
            self.assertTrue(url.endswith("@" + address), address)
            pod = await self.started(resources, ATALAYA_REDIS_URL=url.replace(address, f"127.0.0.1:{port}"))
            metrics = lambda: Answer(pod.ports["management"], "/metrics").text
            await self.until(lambda: 'atalaya_broker_up{broker="redis"} 1' in metrics())
            self.assertNotIn(SECRETS["redis-password"], pod.said)


INJECTED_PATH = {"PATH": "/usr/local/bin:/usr/bin:/bin"}


class Address:
    """As much of a gateway as a client needs."""

    def __init__(self, port):
        self.port = port

    def url(self, path):
        return f"ws://127.0.0.1:{self.port}{path}"
