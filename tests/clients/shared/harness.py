"""What the tests of other people's clients share: a server for them, what a client told, and the verdicts.

A client's test has one coroutine for each scenario. `run` calls them for each model, some at the same time, and writes a
line for each to a table: client, model, scenario, verdict, words. What the service does with each model is in `Service`
(docs/PROTOCOL.md, section 13), and the scenarios hold the server to it.
"""

import argparse
import asyncio
import contextlib
import dataclasses
import os
import pathlib
import sys
import tempfile
import time
import traceback
import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

from partner import Failed, port_of
from tls_relay import HOST, Identity, relay

SCENARIO_WITHIN = 150.0  # seconds; the longest, a resumption, takes about thirty
MORE_WITHIN = 40.0  # seconds between two events of a client
AT_ONCE = 3  # scenarios at the same time
START_WITHIN = 60.0  # seconds for the server to say its port
CONNECTION_LIMIT = 20  # seconds that a connection to the short-lived server may last; goAway comes at half of it
PIECE = 0.02  # seconds of sound in one message

JOKE = "Tell me a joke"
LONG_ANSWER = "What can you do?"
WEATHER = "What's the weather in Paris?"
DEGREES = "17 degrees and rain"
PICTURE = "What do you see?"
NAME = "My name is Ada."
WHAT_NAME = "What is my name?"


@dataclasses.dataclass(frozen=True)
class Service:
    """What the service does with one model."""

    model: str
    # Whether a typed turn cuts the reply; otherwise it is answered after it.
    typed_turn_cuts: bool
    # Whether what was said comes as one message; otherwise word by word.
    heard_whole: bool
    # Whether voiceActivity tells that speech cuts a reply.
    voice_activity: bool
    # Whether thoughts come unasked, before the sound.
    thoughts: bool


MODELS = [
    Service("gemini-3.8-live", True, True, True, False),
    Service("gemini-3.1-flash-live-preview", True, True, True, False),
    Service("gemini-2.5-flash-native-audio-latest", False, False, False, True),
]


TRANSCRIBER = "gemini-3.5-transcribe-live"
INTERPRETER = "gemini-3.5-live-translate-preview"


def with_model(model: str) -> Callable[["Scenario"], "Scenario"]:
    """Marks a scenario that is for one model alone."""

    def mark(scenario: "Scenario") -> "Scenario":
        scenario.model = model
        return scenario

    return mark


def must(holds: object, otherwise: str) -> None:
    if not holds:
        raise Failed(otherwise)


class Sound:
    """A WAV file, mono and 16 bit."""

    def __init__(self, file: pathlib.Path) -> None:
        with wave.open(str(file)) as wav:
            must((wav.getnchannels(), wav.getsampwidth()) == (1, 2), f"{file} is not mono and 16 bit")
            self.rate = wav.getframerate()
            self.pcm = wav.readframes(wav.getnframes())

    def pieces(self, silence: float = 1.2) -> Iterator[bytes]:
        """The sound and silence after it, in pieces of 20 ms."""
        pcm = self.pcm + bytes(2 * int(self.rate * silence))
        step = 2 * int(self.rate * PIECE)
        return (pcm[at : at + step] for at in range(0, len(pcm), step))


class Seen:
    """What a client told, in order, as kinds with values. Any number of tasks may wait for more."""

    def __init__(self) -> None:
        self.all: list[tuple[str, object]] = []
        self._more = asyncio.Event()

    def note(self, kind: str, value: object = None) -> None:
        self.all.append((kind, value))
        self._more.set()
        self._more = asyncio.Event()

    async def until(self, kind: str, since: int = 0, holds: Callable[[object], object] = lambda _: True) -> int:
        """Waits for an entry of this kind; returns the index after it."""
        at = since
        while True:
            while at < len(self.all):
                found, value = self.all[at]
                at += 1
                if found == "error":
                    raise Failed(f"{value}, after {self.kinds()}")
                if found == kind and holds(value):
                    return at
            try:
                await asyncio.wait_for(self._more.wait(), MORE_WITHIN)
            except TimeoutError:
                raise Failed(f"no {kind!r} after {self.kinds(since)}") from None

    def kinds(self, since: int = 0, end: int | None = None) -> list[str]:
        """The kinds, each once in a row."""
        kinds: list[str] = []
        for kind, _ in self.all[since:end]:
            if kinds[-1:] != [kind]:
                kinds.append(kind)
        return kinds

    def of(self, kind: str, since: int = 0, end: int | None = None) -> list:
        return [value for found, value in self.all[since:end] if found == kind]

    def text(self, kind: str, since: int = 0, end: int | None = None) -> str:
        return "".join(map(str, self.of(kind, since, end)))


class Partner:
    """A running server: its plain port, and a TLS port in front of it."""

    def __init__(self, plain: int) -> None:
        self.plain = f"http://{HOST}:{plain}"
        self.secure = ""
        self._taken = 0
        self._more = asyncio.Event()

    def take(self) -> None:
        """Counts a connection over TLS."""
        self._taken += 1
        self._more.set()
        self._more = asyncio.Event()

    async def connected(self, times: int) -> None:
        """Waits until so many connections were taken."""
        while self._taken < times:
            await self._more.wait()


@contextlib.asynccontextmanager
async def serving(program: pathlib.Path, identity: Identity, *options: str) -> AsyncIterator[Partner]:
    server = await asyncio.create_subprocess_exec(
        program.resolve(), "serve", "--listen", f"{HOST}:0", *options, stderr=asyncio.subprocess.PIPE
    )
    try:
        plain = await asyncio.wait_for(port_of(server), START_WITHIN)
        partner = Partner(plain)
        front = await relay((HOST, plain), identity, taken=partner.take)
        partner.secure = f"https://{HOST}:{front.sockets[0].getsockname()[1]}"
        said = asyncio.create_task(pass_on(server))
        try:
            yield partner
        finally:
            front.close()
            said.cancel()
        if server.returncode is not None:
            raise Failed(f"the server ended with status {server.returncode}")
    finally:
        if server.returncode is None:
            server.terminate()
        await server.wait()


async def pass_on(server: asyncio.subprocess.Process) -> None:
    while line := await server.stderr.readline():
        print(f"serve: {line.decode(errors='replace')}", end="")


@dataclasses.dataclass
class Place:
    """What a scenario gets."""

    service: Service
    usual: Partner
    # "What time is it?", "What do you see?", "What is my name?"
    question: Sound
    look: Sound
    who: Sound
    picture: bytes
    # Starts a server with options.
    start: Callable[..., contextlib.AbstractAsyncContextManager[Partner]]

    @property
    def model(self) -> str:
        return self.service.model

    def short_lived(self) -> contextlib.AbstractAsyncContextManager[Partner]:
        """A server of the scenario's own, whose connections last CONNECTION_LIMIT seconds."""
        return self.start("--connection-limit", str(CONNECTION_LIMIT))


# Gives what is printed, or nothing where there is no such thing.
Scenario = Callable[[Place], Awaitable[str | None]]
# A scenario and a model ("" for all of them) with the reason why the client can't do it, against the service neither.
Known = dict[tuple[str, str], str]


async def hold(
    client: str,
    scenarios: list[Scenario],
    known: Known,
    warm: Scenario | None,
    args: argparse.Namespace,
    identity: Identity,
) -> list[tuple[str, ...]]:
    sounds = [Sound(args.sounds / f"{name}-16k.wav") for name in ("question", "look", "who")]
    picture = (pathlib.Path(__file__).parents[2] / "sdk" / "picture.jpg").read_bytes()
    table: list[tuple[str, ...]] = []
    places = asyncio.Semaphore(AT_ONCE)

    async def one(scenario: Scenario, place: Place) -> None:
        name = scenario.__name__
        reason = known.get((name, place.model)) or known.get((name, ""))
        async with places:
            start = time.monotonic()
            try:
                words = await asyncio.wait_for(scenario(place), SCENARIO_WITHIN)
                if words is None:
                    return
                verdict = "failed" if reason else "ok"
                words = f"passed, though it is known that: {reason}" if reason else words
            except Exception as error:  # whatever the client throws is this scenario's failure, and the others go on
                verdict = "client" if reason else "failed"
                words = reason or said_of(error)
                if args.verbose:
                    traceback.print_exc()
        words = " ".join(words.split())
        table.append((client, place.model, name, verdict, words))
        print(f"{place.model} {name}: {verdict}: {words} ({time.monotonic() - start:.0f} s)", flush=True)

    def start(*options: str) -> contextlib.AbstractAsyncContextManager[Partner]:
        return serving(args.server, identity, *options)

    async with start() as usual:
        places_of = [
            Place(service, usual, *sounds, picture, start)
            for service in MODELS
            if args.model in (None, service.model)
        ]
        if warm and places_of:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(warm(places_of[0]), SCENARIO_WITHIN)
        chosen = [s for s in scenarios if args.only in (None, s.__name__)]
        general = [s for s in chosen if not hasattr(s, "model")]
        tasks = [one(scenario, place) for place in places_of for scenario in general]
        for scenario in chosen:
            model = getattr(scenario, "model", None)
            if model and args.model in (None, model):
                place = Place(Service(model, False, True, False, False), usual, *sounds, picture, start)
                tasks.append(one(scenario, place))
        await asyncio.gather(*tasks)
    return table


def said_of(error: BaseException) -> str:
    if isinstance(error, Failed):
        return str(error)
    if isinstance(error, TimeoutError):
        return f"not over after {SCENARIO_WITHIN:.0f} s"
    return f"{type(error).__name__}: {error}"


def run(client: str, scenarios: list[Scenario], known: Known | None = None, warm: Scenario | None = None) -> int:
    """The main function of a client's test. `warm` is held once before, for clients whose first session is slow."""
    parser = argparse.ArgumentParser(description=f"Conversations of {client} with `vivavoce serve`.")
    parser.add_argument("--server", type=pathlib.Path, required=True, help="the vivavoce program")
    parser.add_argument("--sounds", type=pathlib.Path, required=True, help="the folder with the spoken questions")
    parser.add_argument("--table", type=pathlib.Path, help="where to write the verdicts, as lines with tabs")
    parser.add_argument("--model", help="only this model")
    parser.add_argument("--only", help="only this scenario")
    parser.add_argument("--verbose", action="store_true", help="with the stack of each failure")
    args = parser.parse_args()
    # A key, a proxy or a version of whoever runs this is not the test's.
    for name in list(os.environ):
        if name.upper().endswith("_PROXY") or name.startswith(("GEMINI_", "GOOGLE_")):
            del os.environ[name]
    identity = Identity()
    with tempfile.TemporaryDirectory() as folder:
        # For clients that offer no setting for it.
        trusted = pathlib.Path(folder) / "trusted.pem"
        trusted.write_bytes(identity.certificate)
        os.environ["SSL_CERT_FILE"] = str(trusted)
        try:
            table = asyncio.run(hold(client, scenarios, known or {}, warm, args, identity))
        except Failed as error:
            table = [(client, "", "", "failed", str(error))]
    if args.table:
        args.table.write_text("".join("\t".join(line) + "\n" for line in table))
    failed = [line for line in table if line[3] == "failed"]
    for line in failed:
        print(" ".join(line), file=sys.stderr)
    return 1 if failed else 0
