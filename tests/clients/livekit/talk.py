"""LiveKit Agents with its Google plugin, and `vivavoce serve`: an `AgentSession` with a microphone, a camera and a speaker
of our own in the place of a room.

Everything goes the plugin's way: text by clientContent on every model, with a "." after it on 2.5 and nothing on 3.x, and
functions that are not waited for on 3.8.
"""

import asyncio
import base64
import contextlib
import io
import logging
import sys
import time

from google.genai import types
from livekit import rtc
from livekit.agents import Agent, AgentSession, RunContext, function_tool, llm, stt
from livekit.agents.metrics import RealtimeModelMetrics
from livekit.agents.voice import MetricsCollectedEvent
from livekit.agents.voice.io import AudioInput, AudioOutput, AudioOutputCapabilities, VideoInput
from livekit.plugins import google
from PIL import Image

from harness import (
    DEGREES,
    JOKE,
    LONG_ANSWER,
    NAME,
    PICTURE,
    PIECE,
    TRANSCRIBER,
    WEATHER,
    WHAT_NAME,
    Partner,
    Place,
    Seen,
    Sound,
    must,
    run,
    with_model,
)

RATE = 24_000  # of the replies


class Microphone(AudioInput):
    """Silence, until something is said."""

    def __init__(self) -> None:
        super().__init__(label="microphone")
        self._said: asyncio.Queue[bytes] = asyncio.Queue()
        self._next = time.monotonic()

    async def __anext__(self) -> rtc.AudioFrame:
        self._next = max(self._next + PIECE, time.monotonic() - 0.2)
        await asyncio.sleep(self._next - time.monotonic())
        samples = int(16_000 * PIECE)
        try:
            piece = self._said.get_nowait()
        except asyncio.QueueEmpty:
            piece = bytes(2 * samples)
        return rtc.AudioFrame(piece.ljust(2 * samples, b"\0"), 16_000, 1, samples)

    def say(self, sound: Sound) -> None:
        for piece in sound.pieces(0):
            self._said.put_nowait(piece)


class Camera(VideoInput):
    """One picture ten times a second, when it is on."""

    def __init__(self, picture: bytes) -> None:
        super().__init__(label="camera")
        image = Image.open(io.BytesIO(picture)).convert("RGBA")
        self._frame = rtc.VideoFrame(image.width, image.height, rtc.VideoBufferType.RGBA, image.tobytes())

    async def __anext__(self) -> rtc.VideoFrame:
        await asyncio.sleep(0.1)
        return self._frame


class Speaker(AudioOutput):
    """Plays nothing, in real time."""

    def __init__(self, seen: Seen) -> None:
        super().__init__(label="speaker", capabilities=AudioOutputCapabilities(pause=False), sample_rate=RATE)
        self._seen = seen
        self._start = self._pushed = 0.0
        self._end: asyncio.TimerHandle | None = None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if not self._pushed:
            self._start = time.monotonic()
            self.on_playback_started(created_at=time.time())
        self._pushed += frame.duration
        self._seen.note("audio", frame.samples_per_channel)

    def flush(self) -> None:
        super().flush()
        if self._pushed and not self._end:
            left = max(0.0, self._start + self._pushed - time.monotonic())
            self._end = asyncio.get_running_loop().call_later(left, self._over, False)

    def clear_buffer(self) -> None:
        if self._pushed:
            self._over(True)

    def _over(self, interrupted: bool) -> None:
        if self._end:
            self._end.cancel()
        played = min(self._pushed, time.monotonic() - self._start)
        self._end, self._pushed = None, 0.0
        self.on_playback_finished(playback_position=played, interrupted=interrupted)


class Assistant(Agent):
    def __init__(self, seen: Seen) -> None:
        super().__init__(instructions="Answer in one sentence.")
        self._seen = seen


class Forecaster(Assistant):
    @function_tool()
    async def get_weather(self, context: RunContext, location: str) -> str:
        """Tells the weather.

        Args:
            location: A city.
        """
        self._seen.note("call", location)
        return DEGREES


class Talk:
    """A session of an agent; `seen` is what its events tell."""

    def __init__(
        self,
        place: Place,
        partner: Partner | None = None,
        agent: type[Assistant] = Assistant,
        camera: bool = False,
        **options: object,
    ) -> None:
        self.seen = Seen()
        self.microphone = Microphone()
        model = google.realtime.RealtimeModel(
            model=place.model,
            api_key="any",
            http_options=types.HttpOptions(base_url=(partner or place.usual).secure),
            **options,
        )
        self.session = AgentSession(llm=model, aec_warmup_duration=None)
        self.session.input.audio = self.microphone
        if camera:
            self.session.input.video = Camera(place.picture)
        self.session.output.audio = Speaker(self.seen)
        self.agent = agent(self.seen)

    async def __aenter__(self) -> "Talk":
        note = self.seen.note
        self.session.on("conversation_item_added", lambda event: self._item(event.item))
        self.session.on(
            "user_input_transcribed",
            lambda event: note("heard whole" if event.is_final else "heard", event.transcript),
        )
        self.session.on("metrics_collected", self._measured)
        self.session.on("error", lambda event: note("error", event.error))
        self.session.on("close", lambda event: note("error", f"closed: {event.reason.value}"))
        await self.session.start(self.agent, record=False)
        return self

    def _item(self, item: llm.ChatItem) -> None:
        if isinstance(item, llm.ChatMessage) and item.role == "assistant":
            self.seen.note("cut" if item.interrupted else "reply", item.text_content or "")

    def _measured(self, event: MetricsCollectedEvent) -> None:
        if isinstance(event.metrics, RealtimeModelMetrics) and event.metrics.acquire_time:
            self.seen.note("connected")

    async def __aexit__(self, *_: object) -> None:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.session.aclose(), 20)

    async def reply(self, since: int = 0) -> tuple[str, int]:
        """Waits for a whole reply, with sound and words; returns its words, and the index after it."""
        end = await self.seen.until("reply", since, holds=bool)
        samples = sum(self.seen.of("audio", since, end))
        must(samples > RATE // 10, f"{samples} samples of sound for {self.seen.of('reply', since, end)}, after {self.seen.kinds()}")
        return self.seen.of("reply", since, end)[-1].strip(), end


async def text_turn(place: Place) -> str:
    async with Talk(place) as talk:
        handle = talk.session.generate_reply(user_input=JOKE)
        said, _ = await talk.reply()
        await handle
        must(not handle.interrupted and handle.exception() is None, f"the reply was cut: {handle.exception()}")
    return said


def understood(talk: Talk, since: int, end: int) -> str:
    whole = talk.seen.of("heard whole", since, end)
    must(len(whole) == 1, f"heard as {whole}")
    must("time" in whole[0].lower(), f"heard as {whole}")
    return whole[0].strip()


async def spoken_turn(place: Place) -> str:
    async with Talk(place) as talk:
        talk.microphone.say(place.question)
        said, end = await talk.reply()
        await talk.seen.until("heard whole")
        heard = understood(talk, 0, len(talk.seen.all))
        pieces = talk.seen.of("heard")
        # LiveKit repeats what it has with each piece.
        must((len(pieces) > 1) != place.service.heard_whole, f"pieces of what was said: {pieces}")
    return f"heard {heard!r}, said {said!r}"


async def barge_in(place: Place) -> str:
    async with Talk(place) as talk:
        handle = talk.session.generate_reply(user_input=LONG_ANSWER)
        await talk.seen.until("audio")
        start = len(talk.seen.all)
        talk.microphone.say(place.question)
        cut = await talk.seen.until("cut", start)
        must(handle.interrupted, "the speech was not interrupted")
        said, end = await talk.reply(cut)
        await talk.seen.until("heard whole", start)
        heard = understood(talk, start, len(talk.seen.all))
    return f"heard {heard!r}, said {said!r}"


async def function_call(place: Place) -> str:
    async with Talk(place, agent=Forecaster) as talk:
        talk.session.generate_reply(user_input=WEATHER)
        at = await talk.seen.until("call")
        must(talk.seen.of("call") == ["Paris"], f"called with {talk.seen.of('call')}")
        end = await talk.seen.until("reply", at, holds=lambda text: "17 degrees" in text)
        must(len(talk.seen.of("call")) == 1, "called twice")
        return talk.seen.of("reply", at, end)[-1].strip()


async def picture(place: Place) -> str:
    async with Talk(place) as talk:
        # Inside the turn every model sees it.
        context = talk.agent.chat_ctx.copy()
        context.add_message(role="user", content=[llm.ImageContent(image=data_url(place.picture)), PICTURE])
        await talk.agent.update_chat_ctx(context)
        talk.session.generate_reply()
        inside, _ = await talk.reply()
        must("320" in inside and "180" in inside, f"the picture's size was not said: {inside!r}")
    async with Talk(place, camera=True) as talk:
        # LiveKit types by clientContent, which does not see a frame of the camera. Speech does.
        await asyncio.sleep(2)
        talk.session.generate_reply(user_input=PICTURE)
        typed, _ = await talk.reply()
        must("no picture" in typed, f"said {typed!r}")
    async with Talk(place, camera=True) as talk:
        await asyncio.sleep(2)
        talk.microphone.say(place.look)
        spoken, _ = await talk.reply()
        must("picture" in spoken and "no picture" not in spoken, f"said {spoken!r}")
    return f"inside: {inside!r}, typed: {typed!r}, spoken: {spoken!r}"


def data_url(picture: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(picture).decode()


async def resumption(place: Place) -> str:
    resumable = types.SessionResumptionConfig()
    async with place.short_lived() as short, Talk(place, short, session_resumption=resumable) as talk:
        talk.session.generate_reply(user_input=NAME)
        _, end = await talk.reply()
        # The plugin connects again at goAway, by the newest handle.
        await talk.seen.until("connected", await talk.seen.until("connected"))
        talk.session.generate_reply(user_input=WHAT_NAME)
        said, _ = await talk.reply(end)
        must("Ada" in said, f"the session did not go on: {said!r}")
    return said


@with_model(TRANSCRIBER)
async def transcription(place: Place) -> str:
    recogniser = google.beta.GeminiSTT(
        model=place.model, api_key="any", http_options=types.HttpOptions(base_url=place.usual.secure)
    )
    seen = Seen()
    async with recogniser.stream() as stream:

        async def listen() -> None:
            async for event in stream:
                seen.note(event.type, event.alternatives[0].text)

        listening = asyncio.create_task(listen())
        for piece in [*place.question.pieces(), *place.look.pieces()]:
            stream.push_frame(rtc.AudioFrame(piece, place.question.rate, 1, len(piece) // 2))
            await asyncio.sleep(PIECE)
        await seen.until(stt.SpeechEventType.FINAL_TRANSCRIPT, await seen.until(stt.SpeechEventType.FINAL_TRANSCRIPT))
        listening.cancel()
    must(seen.kinds() == [stt.SpeechEventType.INTERIM_TRANSCRIPT, stt.SpeechEventType.FINAL_TRANSCRIPT] * 2, f"{seen.all}")
    heard = seen.of(stt.SpeechEventType.FINAL_TRANSCRIPT)
    must(heard == ["What time is it?", "What do you see?"], f"heard {heard}")
    return f"heard {heard}"


SCENARIOS = [text_turn, spoken_turn, barge_in, function_call, picture, resumption, transcription]

if __name__ == "__main__":
    logging.disable(logging.ERROR)
    sys.exit(run("livekit-agents", SCENARIOS, warm=text_turn))
