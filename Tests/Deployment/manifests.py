"""What `kubectl kustomize` makes of k8s/, and a pod's container as kubelet would start it."""

import os
import pathlib
import re
import subprocess
import tempfile
import time

import yaml

from image import Dockerfile
from project import BINARY, ROOT, run

KUBECTL = ROOT / ".venv/bin/kubectl"
# What Kubernetes sets in every pod, whatever `enableServiceLinks` says.
INJECTED = {"KUBERNETES_SERVICE_HOST": "10.96.0.1", "KUBERNETES_SERVICE_PORT": "443"}
SECRETS = {
    "management-token": "a-token-of-the-test", "redis-url": "redis://127.0.0.1:1",
    "redis-password": "a-password-of-the-test",
}


def render(*parts, components=()):
    """The resources of an overlay, in order; with components, of one that adds them."""
    if not components:
        done = run(KUBECTL, "kustomize", ROOT / "k8s" / pathlib.Path(*parts))
        assert done.returncode == 0, done.stderr
        return list(yaml.safe_load_all(done.stdout))
    with tempfile.TemporaryDirectory() as folder:
        here = os.path.realpath(folder)
        path = lambda *names: os.path.relpath(ROOT / "k8s" / pathlib.Path(*names), here)
        kustomization = {"resources": [path(*parts)], "components": [path(*component) for component in components]}
        (pathlib.Path(here) / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        done = run(KUBECTL, "kustomize", here)
        assert done.returncode == 0, done.stderr
        return list(yaml.safe_load_all(done.stdout))


def find(resources, kind, name="atalaya"):
    """One resource; the name of a generated ConfigMap has a hash behind it."""
    pattern = re.escape(name) + ("-[0-9a-z]{10}" if kind == "ConfigMap" else "")
    (one,) = [each for each in resources if each["kind"] == kind and re.fullmatch(pattern, each["metadata"]["name"])]
    return one


def pod(resources, name="atalaya"):
    return find(resources, "Deployment", name)["spec"]["template"]


def only_container(resources, name="atalaya"):
    (container,) = pod(resources, name)["spec"]["containers"]
    return container


def environment(container, secrets=SECRETS, pod_name="atalaya-7c9f-x2x4z"):
    """The variables of a container, with `$(NAME)` replaced by what stands before it."""
    values = {}
    for variable in container["env"]:
        if "value" in variable:
            value = expand(variable["value"], values)
        elif "fieldRef" in variable["valueFrom"]:
            assert variable["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.name"
            value = pod_name
        else:
            reference = variable["valueFrom"]["secretKeyRef"]
            assert reference["name"] == "atalaya"
            value = secrets.get(reference["key"])
            if value is None:
                assert reference.get("optional"), f"the pod would not start without {reference['key']}"
                continue
        values[variable["name"]] = value
    return values


def expand(text, values):
    return re.sub(r"\$\((\w+)\)", lambda found: values.get(found[1], found[0]), text)


class Pod:
    """The gateway's container, started and ended as kubelet does it, but on ports of its own."""

    def __init__(self, resources, ports, **extra):
        self.spec, self.container = pod(resources)["spec"], only_container(resources)
        self.folder = tempfile.TemporaryDirectory()
        (volume,) = self.spec["volumes"]
        (mount,) = self.container["volumeMounts"]
        assert mount["name"] == volume["name"]
        for name, text in find(resources, "ConfigMap", volume["configMap"]["name"].rpartition("-")[0])["data"].items():
            (pathlib.Path(self.folder.name) / name).write_text(text)
        self.mounted = mount["mountPath"]
        self.ports = ports
        self.environment = {
            "PATH": os.environ["PATH"], **INJECTED, **environment(self.container),
            "ATALAYA_PUBLIC_PORT": str(ports["public"]), "ATALAYA_MANAGEMENT_PORT": str(ports["management"]), **extra,
        }
        self.out = open(pathlib.Path(self.folder.name) / "log", "w+")
        command = [*Dockerfile().words("ENTRYPOINT"), *self.container["args"]]
        self.process = subprocess.Popen(
            self.words(command), env=self.environment, stdout=self.out, stderr=subprocess.STDOUT,
        )

    def words(self, command):
        """A command of the manifest, with the binary under test and the mounted folder where it is here."""
        assert command[0] == "atalaya"
        return [BINARY, *(word.replace(self.mounted, self.folder.name) for word in command[1:])]

    @property
    def said(self):
        return pathlib.Path(self.out.name).read_text()

    def probe(self, kind):
        """Asks as kubelet does, and tells whether it is content."""
        http = self.container[kind]["httpGet"]
        url = f"http://127.0.0.1:{self.ports[http['port']]}{http['path']}"
        asked = run("curl", "--silent", "--max-time", self.container[kind]["timeoutSeconds"], "--output", "/dev/null",
                    "--write-out", "%{http_code}", "--noproxy", "*", url)
        return 200 <= int(asked.stdout) < 400

    def stop(self):
        """preStop, then SIGTERM, then no more patience: gives preStop's exit code, the process's, and the seconds each
        took."""
        grace = self.spec["terminationGracePeriodSeconds"]
        begun = time.monotonic()
        command = self.words(self.container["lifecycle"]["preStop"]["exec"]["command"])
        stopping = run(*command, environment=self.environment, timeout=grace)
        between = time.monotonic()
        self.process.terminate()
        code = self.process.wait(max(1, grace - (between - begun)))
        return stopping, code, between - begun, time.monotonic() - between

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        self.out.close()
        self.folder.cleanup()
