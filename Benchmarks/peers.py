"""The servers that are measured: how each is started, and how the loader speaks to it.

Every one listens on 127.0.0.1 and fans out what a publisher sends to all members of one room. Where a program is found
is said by the environment; a peer whose variable is not set is left out.

    UWS           a program `uws PORT` made with uWebSockets: /sub joins a topic, /pub publishes to it, /echo echoes
    SOCKETIFY     a Python interpreter that has socketify
    NODE_PATH     a folder that has the node package ws
    NATS_SERVER   nats-server
    NCHAN         the folder of nginx' modules, with ngx_nchan_module.so in it
    BEFORE        a gateway of another commit, to be compared with this one
"""

import dataclasses
import os
import pathlib

HERE = pathlib.Path(__file__).resolve().parent
BUILD = HERE / "build"
GATEWAY = os.environ.get("ATALAYA", str(HERE.parent / ".build/release/atalaya"))


@dataclasses.dataclass(frozen=True)
class Peer:
    """A server under measurement.

    `command` starts it. `fanout`, `echo` and `idle` are the loader's arguments in these modes; `None` where the server
    does not do this. `needs` names the variable without which it cannot be started.
    """

    name: str
    port: int
    command: list
    fanout: list = None
    echo: list = None
    idle: list = None
    needs: str = None
    environment: dict = dataclasses.field(default_factory=dict)

    @property
    def is_available(self):
        return self.needs is None or bool(os.environ.get(self.needs))


def variable(name):
    return os.environ.get(name, name)


def paths(**paths):
    """Loader arguments of a server that needs no word but its path."""
    subscribe = ["--path", paths["sub"]]
    return {
        "fanout": [*subscribe, "--pub-path", paths["pub"]],
        "idle": subscribe,
        "echo": ["--path", paths["echo"]] if "echo" in paths else None,
    }


def plain(name, port, command, **more):
    return Peer(name, port, command, **paths(sub="/sub", pub="/pub", echo="/echo"), **more)


def gateway(name, port, *flags, program=GATEWAY, **loader):
    command = [program, "serve", "--dev", "--port", str(port), "--management-port", str(port + 1000)]
    # As seldom as uWebSockets and nats-server ping; the others do not ping at all.
    command += ["--set", "heartbeat.interval=120s"]
    return Peer(name, port, [*command, "--log-level", "error", *flags], **loader)


def plain_rooms():
    return paths(sub="/ws?room=bench&user=u{i}", pub="/ws?room=bench&echo=false&user=publisher", echo="/echo")


def native():
    """The native protocol: the payload travels as the `data` of a JSON publish, in a JSON message."""
    subscribe = ["--subproto", "atalaya.v1.json", "--proto", "find", "--path", "/ws?user=u{i}"]
    subscribe += ["--send", '{"type":"subscribe","id":1,"room":"bench"}', "--ack", '"ok"']
    publish = ["--pub-path", "/ws?user=publisher", "--pub-send", '{"type":"ping"}', "--pub-ack", '"pong"']
    publish += ["--pub-msg", '{"type":"publish","room":"bench","data":"{p}"}']
    return {"fanout": subscribe + publish, "idle": subscribe}


def nats():
    hello = r'CONNECT {"verbose":false,"pedantic":false}\r\n'
    speak = ["--proto", "nats", "--bin", "--ack", "PONG"]
    subscribe = [*speak, "--send", hello + r"SUB bench 1\r\nPING\r\n"]
    publish = ["--pub-path", "/", "--pub-send", hello + r"PING\r\n", "--pub-ack", "PONG"]
    publish += ["--pub-msg", r"PUB bench {n}\r\n{p}\r\n"]
    own = [*speak, "--send", hello + r"SUB echo{i} 1\r\nPING\r\n", "--echo-msg", r"PUB echo{i} {n}\r\n{p}\r\n"]
    return {"fanout": subscribe + publish, "idle": subscribe, "echo": own}


def nchan():
    """nginx reads its modules and writes its files below one folder of ours."""
    run = BUILD / "nchan"
    settings = "pid nchan.pid; error_log nchan.log;"
    command = ["nginx", "-p", f"{run}/", "-c", str(HERE / "peers/nchan.conf"), "-g", settings]
    found = paths(sub="/sub?id=bench", pub="/pub?id=bench")
    return Peer("nchan", 18110, command, **found, needs="NCHAN")


FLOOR = str(BUILD / "floor")
ALL = [
    gateway("atalaya", 18190, **plain_rooms()),
    gateway("atalaya-json", 18192, **native()),
    Peer("floor-send", 18102, [FLOOR, "18102", "send"], **paths(sub="/sub", pub="/pub")),
    Peer("floor-batch", 18103, [FLOOR, "18103", "batch"], **paths(sub="/sub", pub="/pub")),
    Peer("floor-echo", 18105, [FLOOR, "18105", "echo"], echo=["--path", "/echo"]),
    gateway("before", 18194, program=variable("BEFORE"), needs="BEFORE", **plain_rooms()),
    gateway("before-json", 18196, program=variable("BEFORE"), needs="BEFORE", **native()),
    plain("uws", 18101, [variable("UWS"), "18101"], needs="UWS"),
    plain(
        "socketify",
        18150,
        [variable("SOCKETIFY"), str(HERE / "peers/socketify_app.py"), "18150"],
        needs="SOCKETIFY",
    ),
    nchan(),
    Peer(
        "nats",
        18120,
        [variable("NATS_SERVER"), "-c", str(HERE / "peers/nats.conf")],
        **nats(),
        needs="NATS_SERVER",
        environment={"GOMAXPROCS": "1"},
    ),
    plain("ws", 18130, ["node", str(HERE / "peers/ws.js"), "18130"], needs="NODE_PATH"),
]
BY_NAME = {peer.name: peer for peer in ALL}
