"""`vivavoce serve` for a test in Python: with a script, on a free port, and behind TLS, which Google's SDK insists on."""

import asyncio
import contextlib
import os
import pathlib
import tempfile
from collections.abc import AsyncIterator

from tls_relay import HOST, Identity, relay

START_WITHIN = 60.0  # seconds


@contextlib.asynccontextmanager
async def live_server(program: str, script: str) -> AsyncIterator[str]:
    """Gives the base URL of a server that answers by this script. By the variable SSL_CERT_FILE the clients trust it."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "script.toml").write_text(script)
        server = await asyncio.create_subprocess_exec(
            program, "serve", "--port", "0", "--script", folder / "script.toml", stdout=asyncio.subprocess.PIPE
        )
        try:
            # `ready ws://127.0.0.1:41235`, or nothing if it could not start.
            ready = await asyncio.wait_for(server.stdout.readline(), START_WITHIN)
            identity = Identity()
            (folder / "trusted.pem").write_bytes(identity.certificate)
            os.environ["SSL_CERT_FILE"] = str(folder / "trusted.pem")
            front = await relay((HOST, int(ready.rpartition(b":")[2])), identity)
            try:
                yield f"https://{HOST}:{front.sockets[0].getsockname()[1]}"
            finally:
                front.close()
        finally:
            if server.returncode is None:
                server.terminate()
            await server.wait()
