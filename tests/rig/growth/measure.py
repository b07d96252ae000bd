#!/usr/bin/env python3
"""Measures how processor time and memory of the window's processes grow during a conversation.

`cargo xtask bench growth` starts the release build on the virtual sound card, with a peer that never stops talking.
Without `--seconds` the peer sends `--turns` turns of each side, as fast as the window can show them. With it, the peer
sends one every 2.3 s with two seconds of sound, for that long. All fragments and sounds have the same size, so the cost
of a minute must not depend on what came before.

`--peer large` and `--peer small` are hostile: endless turns of 240 KB, or of 1 KB, without a pause. Then only memory
counts.
"""
import argparse
import asyncio
import base64
import json
import math
import os
import signal
import struct
import sys
import tempfile
import time

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

RATE = 24000
FRAGMENTS = 10
# An exchange: seconds of sound, and from one to the next.
FAST = (0.1, 0.15)
REAL = (2.0, 2.3)
# Wanted: the last fifth of the processor curve over the first, and MB more than after two minutes.
CPU_RATIO, MORE_MB, SETTLED_S = 1.2, 30, 120


def tone(seconds):
    samples = (int(3000 * math.sin(2 * math.pi * 220 * n / RATE)) for n in range(int(RATE * seconds)))
    return base64.b64encode(b"".join(struct.pack("<h", sample) for sample in samples)).decode()


class Peer:
    """Speaks the server's side; `turns` grows with every exchange."""

    def __init__(self, kind, pace, most):
        self.kind, (self.sound_s, self.every_s), self.most = kind, pace, most
        self.turns, self.ready, self.done = 0, asyncio.Event(), asyncio.Event()

    async def client(self, ws):
        try:
            await ws.recv()
            await ws.send('{"setupComplete":{}}')
            sink = asyncio.create_task(self.drain(ws))
            self.ready.set()
            await (self.talk(ws) if self.kind == "steady" else self.flood(ws))
            self.done.set()
            await sink
        except ConnectionClosed:
            self.done.set()

    async def drain(self, ws):
        async for _ in ws:
            pass

    async def talk(self, ws):
        sound = tone(self.sound_s / FRAGMENTS)
        due = time.monotonic()
        while self.most is None or self.turns < self.most:
            self.turns += 1
            await self.content(ws, inputTranscription={"text": f"Question number {self.turns} about strings and their notes?"})
            for piece in range(FRAGMENTS):
                blob = {"mimeType": f"audio/pcm;rate={RATE}", "data": sound}
                await self.content(ws, modelTurn={"parts": [{"inlineData": blob}]},
                                   outputTranscription={"text": f" answer {self.turns} piece {piece} of what there is to say"})
            await self.content(ws, generationComplete=True)
            await asyncio.sleep(max(0, due + self.sound_s - time.monotonic()))
            await self.content(ws, turnComplete=True)
            # After a stall it goes on from here: a burst would be another load than before.
            due = max(due + self.every_s, time.monotonic())
            await asyncio.sleep(due - time.monotonic())

    async def flood(self, ws):
        text = "word " * (48_000 if self.kind == "large" else 200)
        while True:
            self.turns += 1
            await self.content(ws, outputTranscription={"text": text})
            await self.content(ws, turnComplete=True)

    @staticmethod
    async def content(ws, **fields):
        await ws.send(json.dumps({"serverContent": fields}))


def tree(root):
    """Every process below this one, itself included, as {pid: (name, ticks)}."""
    kids, known = {}, {}
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            name, rest = open(f"/proc/{pid}/stat").read().split("(", 1)[1].rsplit(")", 1)
        except OSError:
            continue
        fields = rest.split()
        kids.setdefault(int(fields[1]), []).append(int(pid))
        known[int(pid)] = (name, int(fields[11]) + int(fields[12]))
    todo, found = [root], {}
    while todo:
        pid = todo.pop()
        if pid in known:
            found[pid] = known[pid]
            todo += kids.get(pid, [])
    return found


def memory(pid):
    """What the process itself holds, in MB. Pages of library files are left out: how many of them are its share depends on which other
    programs run, and the system drops them as it likes."""
    try:
        lines = open(f"/proc/{pid}/smaps_rollup").read().splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:"))) / 1024
    except OSError:
        return 0.0


class Curve:
    def __init__(self, root):
        self.root, self.start, self.rows = root, time.monotonic(), []
        self.last = (self.start, tree(root))

    def sample(self, turns):
        now, found = time.monotonic(), tree(self.root)
        then, before = self.last
        cpu, pss = {}, {}
        for pid, (name, ticks) in found.items():
            spent = (ticks - before.get(pid, (name, 0))[1]) / os.sysconf("SC_CLK_TCK")
            cpu[name] = cpu.get(name, 0) + spent * 60 / (now - then)
            pss[name] = pss.get(name, 0) + memory(pid)
        self.last = (now, found)
        row = {"s": now - self.start, "turns": turns, "cpu_s_per_min": cpu, "memory_mb": pss}
        self.rows.append(row)
        bar = "#" * min(40, round(sum(cpu.values())))
        parts = ", ".join(f"{name} {cpu[name]:.1f} s {pss[name]:.0f} MB" for name in sorted(cpu, key=cpu.get, reverse=True) if cpu[name] >= 0.05 or pss[name] >= 5)
        print(f"{row['s']:6.0f} s {turns:6} turns {sum(cpu.values()):6.1f} s/min {sum(pss.values()):5.0f} MB  {bar}  {parts}", flush=True)

    def verdict(self):
        """The processor at the end over that at the beginning, and the memory at the end over that after two minutes."""
        if len(self.rows) < 3:
            return {}
        # The first row has the start of the program in it.
        cpu = [sum(row["cpu_s_per_min"].values()) for row in self.rows[1:]]
        pss = [(row["s"], sum(row["memory_mb"].values())) for row in self.rows]
        share = max(1, len(cpu) // 5)
        first, last = sum(cpu[:share]) / share, sum(cpu[-share:]) / share
        settled = next((mb for s, mb in pss if s >= SETTLED_S), pss[-1][1])
        return {"cpu_first": first, "cpu_last": last, "cpu_ratio": last / first if first else 0,
                "mb_settled": settled, "mb_last": pss[-1][1], "mb_more": pss[-1][1] - settled}


async def measure(a):
    pace = FAST if a.seconds is None else REAL
    every = 20 if a.seconds is None else max(10, min(60, a.seconds // 10))
    peer = Peer(a.peer, pace, a.turns if a.seconds is None and a.peer == "steady" else None)
    with tempfile.TemporaryDirectory(prefix="vv-growth-") as home:
        async with serve(peer.client, "127.0.0.1", 0, max_size=None, compression=None) as server:
            profile = os.path.join(home, "profile.json")
            with open(profile, "w") as file:
                json.dump({"endpoint": f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", "proxy": "none"}, file)
            env = {**os.environ, "HOME": home, "XDG_CONFIG_HOME": home, "XDG_DATA_HOME": home, "XDG_CACHE_HOME": home}
            app = await asyncio.create_subprocess_exec(a.app, "--profile", profile, "--start", env=env)
            try:
                await asyncio.wait_for(peer.ready.wait(), 60)
                curve = Curve(app.pid)
                limit = a.seconds or a.limit
                while time.monotonic() - curve.start < limit and not peer.done.is_set() and app.returncode is None:
                    try:
                        await asyncio.wait_for(peer.done.wait(), every)
                    except TimeoutError:
                        curve.sample(peer.turns)
                if app.returncode is not None:
                    sys.exit(f"the window is gone: exit {app.returncode}")
            finally:
                if app.returncode is None:
                    app.send_signal(signal.SIGTERM)
                    try:
                        await asyncio.wait_for(app.wait(), 20)
                    except TimeoutError:
                        app.kill()
                        await app.wait()
    return curve, peer.turns


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--app", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--turns", type=int, default=2000, help="of each side")
    ap.add_argument("--seconds", type=int, help="in real time, for so long")
    ap.add_argument("--limit", type=int, default=1800, help="the longest that the turns may take, in seconds")
    ap.add_argument("--peer", choices=["steady", "large", "small"], default="steady")
    a = ap.parse_args()
    curve, turns = asyncio.run(measure(a))
    verdict = curve.verdict()
    with open(a.out, "w") as file:
        json.dump({"turns": turns, "peer": a.peer, "curve": curve.rows, **verdict}, file, indent=1)
    print(f"{turns} turns of each side")
    if verdict and a.peer == "steady":
        print(f"processor: {verdict['cpu_first']:.1f} s a minute at first, {verdict['cpu_last']:.1f} at the end, {verdict['cpu_ratio']:.2f} of it (wanted: at most {CPU_RATIO})")
    if verdict:
        print(f"memory:    {verdict['mb_settled']:.0f} MB after {SETTLED_S} s, {verdict['mb_last']:.0f} at the end, {verdict['mb_more']:+.0f} (wanted: at most +{MORE_MB})")


main()
