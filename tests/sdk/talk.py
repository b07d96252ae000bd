"""Holds a text turn and a spoken turn with `vivavoce serve` through Google's own Python SDK, unchanged.

The SDK speaks wss:// only, whatever base_url says, so a relay in this process takes TLS off in front of the server's
plain port; it moves bytes and knows nothing of WebSocket. Needs espeak-ng and sox for the spoken turn. Exits with 0 when
both turns hold, else says what is missing.
"""

import argparse
import asyncio
import datetime
import ipaddress
import os
import pathlib
import socket
import ssl
import subprocess
import sys
import wave

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from google import genai
from google.genai import types

HOST = "127.0.0.1"
MODEL = "gemini-3.8-live"
START_WITHIN = 30.0  # seconds for the server to listen
TURN_WITHIN = 60.0  # seconds for a whole turn
CHUNK = 640  # bytes: 20 ms of 16 kHz s16le
SPEECH = "Good morning. Can you hear what I am saying?"


class Failed(Exception):
    """What did not hold, as a sentence."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def self_signed(work: pathlib.Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """TLS for the relay and for the SDK, which trusts this one certificate and nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = work / "relay.pem"
    public = certificate.public_bytes(serialization.Encoding.PEM)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.touch(mode=0o600)
    pem.write_bytes(secret + public)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(pem)
    client = ssl.create_default_context(cadata=public.decode())
    return server, client


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        pass  # one side hung up: the other is told by the close below
    finally:
        writer.close()


async def relay(port: int, tls: ssl.SSLContext) -> asyncio.Server:
    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(HOST, port)
        await asyncio.gather(pump(reader, back), pump(there, writer))

    return await asyncio.start_server(one, HOST, 0, ssl=tls)


async def listening(port: int, server: subprocess.Popen) -> None:
    """Until the port takes a connection."""
    loop = asyncio.get_running_loop()
    end = loop.time() + START_WITHIN
    while loop.time() < end:
        if server.poll() is not None:
            raise Failed(f"the server ended with status {server.returncode}")
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        return
    raise Failed(f"nothing listens on port {port} after {START_WITHIN:.0f} s")


def speech(work: pathlib.Path) -> bytes:
    """A sentence as 16 kHz mono s16le."""
    spoken, wanted = work / "spoken.wav", work / "spoken-16k.wav"
    subprocess.run(["espeak-ng", "-v", "en-us", "-w", spoken, SPEECH], check=True)
    subprocess.run(["sox", spoken, "-r", "16000", "-c", "1", "-b", "16", wanted], check=True)
    with wave.open(str(wanted)) as file:
        return file.readframes(file.getnframes())


class Turn:
    """What one turn brought."""

    def __init__(self) -> None:
        self.audio = bytearray()
        self.rates: set[str] = set()
        self.said = ""
        self.heard = ""
        self.generated = False
        self.complete = False

    def take(self, message: types.LiveServerMessage) -> None:
        content = message.server_content
        if content is None:
            return
        for part in (content.model_turn.parts or []) if content.model_turn else []:
            if part.inline_data and part.inline_data.data:
                self.audio += part.inline_data.data
                self.rates.add(part.inline_data.mime_type or "")
        if content.output_transcription and content.output_transcription.text:
            self.said += content.output_transcription.text
        if content.input_transcription and content.input_transcription.text:
            self.heard += content.input_transcription.text
        self.generated |= bool(content.generation_complete)
        self.complete |= bool(content.turn_complete)

    def must_hold(self, name: str) -> None:
        samples = memoryview(bytes(self.audio)).cast("h")
        peak = max((abs(sample) for sample in samples), default=0)
        missing = [
            what
            for what, there in [
                ("turnComplete", self.complete),
                ("generationComplete", self.generated),
                ("half a second of audio", len(samples) >= 12_000),
                ("a sound in it", peak > 1000),
                ("audio/pcm;rate=24000 alone", self.rates == {"audio/pcm;rate=24000"}),
                ("an output transcription", bool(self.said.strip())),
            ]
            if not there
        ]
        if missing:
            raise Failed(f"the {name} lacks {', '.join(missing)} (rates {self.rates}, {len(samples)} samples, peak {peak})")
        print(f"{name}: {len(samples) / 24_000:.1f} s of audio, said: {self.said.strip()!r}, heard: {self.heard.strip()!r}")


async def receive(session: genai.live.AsyncSession, name: str) -> Turn:
    turn = Turn()

    async def to_its_end() -> None:
        # the SDK's iterator ends by itself with the turn
        async for message in session.receive():
            turn.take(message)

    try:
        await asyncio.wait_for(to_its_end(), TURN_WITHIN)
    except asyncio.TimeoutError:
        print(f"{name}: not over after {TURN_WITHIN:.0f} s", file=sys.stderr)
    turn.must_hold(name)
    return turn


async def spoken_turn(session: genai.live.AsyncSession, pcm: bytes) -> None:
    """Streams the sentence in real time, then silence until the reply is over, as a microphone does."""

    async def microphone() -> None:
        silence = bytes(CHUNK)
        at = 0
        while True:
            chunk = pcm[at : at + CHUNK].ljust(CHUNK, b"\0") if at < len(pcm) else silence
            await session.send_realtime_input(audio=types.Blob(data=chunk, mime_type="audio/pcm;rate=16000"))
            at += CHUNK
            await asyncio.sleep(CHUNK / 32_000)

    sending = asyncio.create_task(microphone())
    try:
        await receive(session, "spoken turn")
    finally:
        sending.cancel()


async def converse(port: int, work: pathlib.Path) -> None:
    server_tls, client_tls = self_signed(work)
    front = await relay(port, server_tls)
    front_port = front.sockets[0].getsockname()[1]
    client = genai.Client(
        api_key="rehearsal-takes-any-key",
        http_options=types.HttpOptions(
            base_url=f"https://{HOST}:{front_port}",
            api_version="v1beta",
            async_client_args={"ssl": client_tls},
        ),
    )
    config = types.LiveConnectConfig(
        response_modalities=[types.Modality.AUDIO],
        speech_config=types.SpeechConfig(
            voice_config=types.VoiceConfig(prebuilt_voice_config=types.PrebuiltVoiceConfig(voice_name="Kore"))
        ),
        system_instruction="Answer in one sentence.",
        input_audio_transcription=types.AudioTranscriptionConfig(),
        output_audio_transcription=types.AudioTranscriptionConfig(),
    )
    pcm = speech(work)
    async with front, client.aio.live.connect(model=MODEL, config=config) as session:
        await session.send_client_content(
            turns=types.Content(role="user", parts=[types.Part(text="Tell me a joke")]), turn_complete=True
        )
        await receive(session, "text turn")
        await spoken_turn(session, pcm)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", type=pathlib.Path, required=True, help="the vivavoce program")
    parser.add_argument("--work", type=pathlib.Path, required=True, help="a folder for what is made on the way")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    port = free_port()
    # A key or a proxy of whoever runs this is not the test's.
    for name in list(os.environ):
        if name.upper().endswith("_PROXY") or name in ("GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENAI_USE_VERTEXAI"):
            del os.environ[name]
    server = subprocess.Popen([args.server.resolve(), "serve", "--listen", f"{HOST}:{port}"])
    try:
        asyncio.run(until_done(port, server, args.work))
    except Failed as failed:
        print(f"sdk: {failed}", file=sys.stderr)
        return 1
    finally:
        server.terminate()
        try:
            server.wait(5)
        except subprocess.TimeoutExpired:
            server.kill()
    return 0


async def until_done(port: int, server: subprocess.Popen, work: pathlib.Path) -> None:
    await listening(port, server)
    await converse(port, work)


if __name__ == "__main__":
    sys.exit(main())
