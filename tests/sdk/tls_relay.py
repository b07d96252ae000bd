"""A TLS relay to a port on this computer: Google's Python SDK uses wss:// for every base URL, `vivavoce serve` ws://.

The relay only copies bytes. `python tls_relay.py --to 127.0.0.1:8765 --certificate relay.pem` writes the certificate that
a client must trust, and runs until Ctrl-C. Needs the package `cryptography`.
"""

import argparse
import asyncio
import contextlib
import datetime
import ipaddress
import os
import pathlib
import ssl
import tempfile
from collections.abc import Callable

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

HOST = "127.0.0.1"


class Identity:
    """A key and a self-signed certificate for the loopback address, valid for a day."""

    def __init__(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
        now = datetime.datetime.now(datetime.timezone.utc)
        day = datetime.timedelta(days=1)
        address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - day)
            .not_valid_after(now + day)
            .add_extension(address, critical=False)
            .sign(key, hashes.SHA256())
        )
        self.certificate = certificate.public_bytes(serialization.Encoding.PEM)
        self._secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def of_server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # Python loads a key from a file alone; this one is readable by its owner and gone at once.
        with tempfile.TemporaryDirectory() as folder:
            pem = pathlib.Path(folder) / "identity.pem"
            with os.fdopen(os.open(pem, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
                file.write(self._secret + self.certificate)
            context.load_cert_chain(pem)
        return context

    def of_client(self) -> ssl.SSLContext:
        """Trusts this identity and nothing else."""
        return ssl.create_default_context(cadata=self.certificate.decode())


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    # One side hung up: close the other.
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def relay(
    there: tuple[str, int], identity: Identity, port: int = 0, taken: Callable[[], None] = lambda: None
) -> asyncio.Server:
    """Listens on `port`, or on a free one; calls `taken` for each connection."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken()
        try:
            plain_reader, plain_writer = await asyncio.open_connection(*there)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pump(reader, plain_writer), pump(plain_reader, writer))

    return await asyncio.start_server(one, HOST, port, ssl=identity.of_server())


async def serve(there: tuple[str, int], port: int, certificate: pathlib.Path) -> None:
    identity = Identity()
    certificate.write_bytes(identity.certificate)
    front = await relay(there, identity, port)
    print(f"base_url https://{HOST}:{front.sockets[0].getsockname()[1]}, to be trusted: {certificate}", flush=True)
    await front.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", default=f"{HOST}:8765", help="the plain port")
    parser.add_argument("--port", type=int, default=8766, help="where to listen")
    parser.add_argument("--certificate", type=pathlib.Path, default=pathlib.Path("relay.pem"))
    args = parser.parse_args()
    host, _, port = args.to.rpartition(":")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve((host, int(port)), args.port, args.certificate))


if __name__ == "__main__":
    main()
