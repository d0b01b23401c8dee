#!/usr/bin/env python3
"""Writes the tables of RESULTS.md from the lines of run.py, and holds them to thresholds.json.

    summary.py RESULTS.jsonl [PAGE]

Without PAGE the tables are printed; with it they take the place of whatever follows its marker line. A ratio is the
median of the ratios within one round (one repetition that went once round the servers), so that load from elsewhere
hits both sides alike. Exits 1 where a threshold is not held, or was not measured.
"""

import fnmatch
import json
import os
import pathlib
import platform
import statistics
import sys

import peers

MARKER = "<!-- Below this line: written by summary.py. -->"
COST = "machine_us_per_delivery"
REFERENCE = "uws"
FAULTS = ("conn_failed", "lost", "gaps", "dup", "bad", "closed")


def rounds_of(lines):
    """The lines in groups: one repetition of one scenario, by server."""
    rounds, key = [], None
    for line in lines:
        if (line["scenario"], line["rep"]) != key or line["label"] in rounds[-1]:
            rounds.append({})
            key = (line["scenario"], line["rep"])
        rounds[-1][line["label"]] = line
    return rounds


class Measured:
    """All that was measured of one scenario."""

    def __init__(self, scenario, rounds):
        self.scenario = scenario
        self.rounds = [each for each in rounds if next(iter(each.values()))["scenario"] == scenario]
        seen = {name for each in self.rounds for name in each}
        self.servers = [name for name in peers.BY_NAME if name in seen]

    def values(self, server, figure):
        return [each[server][figure] for each in self.rounds if server in each]

    def median(self, server, figure):
        values = self.values(server, figure)
        return statistics.median(values) if values else None

    def ratio(self, server, figure, against):
        """How often `against` fits into `server`; `None` where they share no round."""
        shared = [each for each in self.rounds if {server, against} <= set(each) and each[against][figure]]
        return statistics.median(each[server][figure] / each[against][figure] for each in shared) if shared else None


def table(header, rows):
    yield "| " + " | ".join(header) + " |"
    yield "|" + " --- |" * len(header)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def number(value, digits=2):
    return "–" if value is None else f"{value:.{digits}f}"


def verdicts(measured, thresholds):
    """A row for each scenario that a threshold speaks of, and whether all are held."""
    rows, held = [], True
    for threshold in thresholds:
        server, figure, against = threshold["server"], threshold["figure"], threshold.get("against")
        hits = [each for each in measured if fnmatch.fnmatch(each.scenario, threshold["scenario"])]
        found = [each.ratio(server, figure, against) if against else each.median(server, figure) for each in hits]
        values = [(each, value) for each, value in zip(hits, found) if value is not None]
        limit = f"{threshold['at_most']}" + (f" × {against}" if against else "")
        if not values:
            rows.append([threshold["scenario"], server, figure, limit, "not measured", "no"])
            held = False
        for each, value in values:
            fits = value <= threshold["at_most"]
            held = held and fits
            rows.append([each.scenario, server, figure, limit, number(value), "yes" if fits else "**no**"])
    return rows, held


def overview(measured):
    """CPU a delivery as a ratio to uWebSockets, a column a scenario."""
    shown = [each for each in measured if not each.scenario.startswith("idle")]
    servers = [name for name in peers.BY_NAME if any(name in each.servers for each in shown)]
    rows = [[name, *(number(each.ratio(name, COST, REFERENCE)) for each in shown)] for name in servers]
    absolute = [number(each.median(REFERENCE, COST), 3) for each in shown]
    rows.append([f"{REFERENCE}, µs", *absolute])
    return table(["server", *(each.scenario for each in shown)], rows)


def details(each):
    if each.scenario.startswith("idle"):
        header = ["server", "runs", "user memory, B a connection", "CPU µs a handshake", "× uws", "errors"]
        for name in each.servers:
            yield header, [
                name,
                str(len(each.values(name, "label"))),
                number(each.median(name, "idle_pss_per_conn"), 0),
                number(each.median(name, "handshake_cpu_us"), 1),
                number(each.ratio(name, "handshake_cpu_us", REFERENCE)),
                str(sum(sum(each.values(name, fault)) for fault in ("conn_failed", "closed"))),
            ]
        return
    header = ["server", "runs", "deliveries/s", "µs a delivery: machine, median (min–max)", "process", "× uws"]
    header += ["p50 / p99 ms", "server / loader CPU %", "errors"]
    for name in each.servers:
        costs = each.values(name, COST)
        latencies = each.values(name, "lat_us")
        p50, p99 = (statistics.median(latency[key] for latency in latencies) / 1000 for key in ("p50", "p99"))
        yield header, [
            name,
            str(len(costs)),
            f"{each.median(name, 'deliveries_per_s'):,.0f}",
            f"{statistics.median(costs):.3g} ({min(costs):.3g}–{max(costs):.3g})",
            f"{each.median(name, 'cpu_us_per_delivery'):.3g}",
            number(each.ratio(name, COST, REFERENCE)),
            f"{p50:.1f} / {p99:.1f}",
            f"{each.median(name, 'server_cpu_pct'):.0f} / {each.median(name, 'loader_cpu_pct'):.0f}",
            str(sum(sum(each.values(name, fault)) for fault in FAULTS)),
        ]


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def page(lines, thresholds):
    rounds = rounds_of(lines)
    names = list(dict.fromkeys(line["scenario"] for line in lines))
    measured = [Measured(name, rounds) for name in names]
    rows, held = verdicts(measured, thresholds)
    text = [
        MARKER,
        "",
        f"{len(lines)} runs on {os.cpu_count()} cores of {processor()}, Linux {platform.release()}.",
        "",
        "## What is promised",
        "",
        *table(["scenario", "server", "figure", "at most", "measured", "held"], rows),
        "",
        "## CPU a delivery, as a ratio to uWebSockets of the same round",
        "",
        *overview(measured),
    ]
    for each in measured:
        found = list(details(each))
        text += ["", f"## {each.scenario}", "", *table(found[0][0], [row for _, row in found])]
    return "\n".join(text) + "\n", held


def main():
    lines = [json.loads(line) for line in pathlib.Path(sys.argv[1]).read_text().splitlines()]
    thresholds = json.loads((peers.HERE / "thresholds.json").read_text())
    text, held = page(lines, thresholds)
    if len(sys.argv) > 2:
        target = pathlib.Path(sys.argv[2])
        before, marker, _ = target.read_text().partition(MARKER)
        if not marker:
            sys.exit(f"{target}: no line {MARKER}")
        target.write_text(before + text)
        print(f"{target}: {len(lines)} runs")
    else:
        print(text)
    return 0 if held else 1


sys.exit(main())
