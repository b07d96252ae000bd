"""Starts `vivavoce serve` on a free port, and makes clients of Google's SDK for it."""

import asyncio
import contextlib
import pathlib
import re
import ssl
from collections.abc import AsyncIterator

from google import genai
from google.genai import types

from tls_relay import HOST, Identity, relay

START_WITHIN = 60.0  # seconds for the server to say its port


class Failed(Exception):
    """A failed check, as a sentence."""


class Partner:
    """A running server, on its own port and behind a TLS relay."""

    def __init__(self, plain: int, secure: int, trust: ssl.SSLContext) -> None:
        self._plain = plain
        self._secure = secure
        self._trust = trust

    def client(self, key: str = "practice-takes-any-key", **options: object) -> genai.Client:
        """The unchanged SDK. Only the base URL and the trusted certificate are set."""
        options = types.HttpOptions(
            base_url=f"https://{HOST}:{self._secure}", async_client_args={"ssl": self._trust}, **options
        )
        return genai.Client(api_key=key, http_options=options)

    def plain_client(self, **options: object) -> genai.Client:
        """The same, for what needs no WebSocket: the SDK leaves `http` as it is there."""
        options = types.HttpOptions(base_url=f"http://{HOST}:{self._plain}", **options)
        return genai.Client(api_key="practice-takes-any-key", http_options=options)


@contextlib.asynccontextmanager
async def serving(program: pathlib.Path, *options: str) -> AsyncIterator[Partner]:
    server = await asyncio.create_subprocess_exec(
        program.resolve(), "serve", "--port", "0", *options, stdout=asyncio.subprocess.PIPE
    )
    try:
        plain = await asyncio.wait_for(port_of(server), START_WITHIN)
        identity = Identity()
        front = await relay((HOST, plain), identity)
        try:
            yield Partner(plain, front.sockets[0].getsockname()[1], identity.of_client())
        finally:
            # Do not wait: since Python 3.12 that waits for connections whose other end is stopped below.
            front.close()
        if server.returncode is not None:
            raise Failed(f"the server ended with status {server.returncode} during a conversation")
    finally:
        if server.returncode is None:
            server.terminate()
        await server.wait()


async def port_of(server: asyncio.subprocess.Process) -> int:
    """From the line that says so: the only one on stdout, and one on stderr."""
    stream = server.stdout or server.stderr
    while line := await stream.readline():
        if found := re.search(rb"ws://[\d.]+:(\d+)", line):
            return int(found[1])
        print(line.decode(errors="replace"), end="")
    raise Failed(f"the server ended with status {await server.wait()}")
