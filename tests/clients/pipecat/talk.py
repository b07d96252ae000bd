"""Pipecat with `vivavoce serve`: a pipeline of `GeminiLiveLLMService` between the two halves of a context aggregator.

Everything goes Pipecat's way: it announces a history on every model and sends the first turn as one, with a blank text
after it on 3.x; later texts by realtimeInput; it connects again when a connection ends.
"""

import asyncio
import base64
import contextlib
import io
import sys
from collections.abc import AsyncIterator

from google.genai import types
from loguru import logger
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    ErrorFrame,
    InputAudioRawFrame,
    InputImageRawFrame,
    InputTextRawFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMMessagesAppendFrame,
    LLMRunFrame,
    LLMThoughtTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.google.gemini_live.llm import GeminiLiveLLMService
from pipecat.services.google.gemini_live.stt import GeminiSTTService
from pipecat.services.llm_service import FunctionCallParams
from pipecat.workers.runner import WorkerRunner
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

START_WITHIN = 20.0  # seconds for a pipeline


class Told(BaseObserver):
    """Notes what the service of the model pushes."""

    def __init__(self, service: FrameProcessor, seen: Seen) -> None:
        super().__init__()
        self._service, self._seen = service, seen

    async def on_push_frame(self, data: FramePushed) -> None:
        frame, note = data.frame, self._seen.note
        if data.source is not self._service or not data.first_push:
            return
        match frame:
            case TTSAudioRawFrame():
                note("audio", len(frame.audio))
            case TTSTextFrame():
                note("said", frame.text)
            case LLMThoughtTextFrame():
                note("thought", frame.text)
            case InterimTranscriptionFrame():
                note("draft", frame.text)
            case TranscriptionFrame():
                note("heard", frame.text)
            case InterruptionFrame():
                note("interrupted")
            case LLMFullResponseEndFrame():
                note("end of turn")
            case ErrorFrame():
                note("error", frame.error)


@contextlib.asynccontextmanager
async def running(worker: PipelineWorker) -> AsyncIterator[None]:
    started = asyncio.Event()

    @worker.event_handler("on_pipeline_started")
    async def _(worker: PipelineWorker, frame: object) -> None:
        started.set()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    over = asyncio.create_task(runner.run())
    await asyncio.wait_for(started.wait(), START_WITHIN)
    try:
        yield
    finally:
        await worker.cancel()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(over, START_WITHIN)


class Talk:
    """A running pipeline; `seen` is what its service pushes."""

    def __init__(
        self, place: Place, *messages: dict, partner: Partner | None = None, tools: ToolsSchema | None = None
    ) -> None:
        self.seen = Seen()
        self._service = service = GeminiLiveLLMService(
            api_key="any",
            settings=GeminiLiveLLMService.Settings(
                model=f"models/{place.model}", system_instruction="Answer in one sentence."
            ),
            http_options=types.HttpOptions(base_url=(partner or place.usual).secure),
        )
        more = {"tools": tools} if tools else {}
        aggregators = LLMContextAggregatorPair(LLMContext(messages=list(messages), **more))
        self._worker = PipelineWorker(
            Pipeline([aggregators.user(), service, aggregators.assistant()]),
            params=PipelineParams(audio_in_sample_rate=16_000, audio_out_sample_rate=24_000),
            cancel_on_idle_timeout=False,
            enable_rtvi=False,
            observers=[Told(service, self.seen)],
        )
        self._running = running(self._worker)

    async def __aenter__(self) -> "Talk":
        await self._running.__aenter__()
        # Has the first context answered.
        await self._worker.queue_frame(LLMRunFrame())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._running.__aexit__(None, None, None)

    async def type(self, text: str) -> None:
        await self._worker.queue_frame(InputTextRawFrame(text=text))

    async def append(self, text: str) -> None:
        """Behind the user's half of the aggregator, which would keep it to itself."""
        await self._service.queue_frame(LLMMessagesAppendFrame(messages=[user(text)], run_llm=True))

    async def show(self, picture: bytes) -> None:
        image = Image.open(io.BytesIO(picture)).convert("RGB")
        frame = InputImageRawFrame(image=image.tobytes(), size=image.size, format="RGB")
        await self._worker.queue_frame(frame)

    async def speak(self, sound: Sound) -> None:
        """In real time, as a microphone."""
        for piece in sound.pieces():
            await self._worker.queue_frame(InputAudioRawFrame(audio=piece, sample_rate=sound.rate, num_channels=1))
            await asyncio.sleep(PIECE)

    async def reply(self, since: int = 0) -> tuple[str, int]:
        """Waits for a whole reply, with sound and words; returns its words, and the index after it."""
        end = await self.seen.until("end of turn", since)
        while not self.seen.of("audio", since, end):
            # The end of a turn that was cut.
            since, end = end, await self.seen.until("end of turn", end)
        size = sum(self.seen.of("audio", since, end))
        must(size > 9_600, f"{size} bytes of sound")
        must(not self.seen.of("interrupted", since, end), "the reply was cut")
        said = self.seen.text("said", since, end).strip()
        must(said, "no words of the reply")
        return said, end


def user(content: object) -> dict:
    return {"role": "user", "content": content}


async def text_turn(place: Place) -> str:
    async with Talk(place, user(JOKE)) as talk:
        said, end = await talk.reply()
        must("microphone" in said, f"said {said!r}")
        thoughts = talk.seen.of("thought")
        must(place.service.thoughts or not thoughts, f"thoughts: {thoughts}")
        await talk.append("What is 2 + 3?")
        sum_, end = await talk.reply(end)
        must("5" in sum_, f"said {sum_!r}")
        await talk.type(JOKE)
        again, _ = await talk.reply(end)
    return f"{said!r}, {sum_!r}, {again!r}"


def understood(talk: Talk, since: int, end: int) -> str:
    heard = " ".join(talk.seen.of("heard", since, end))
    must("time" in heard.lower(), f"heard as {heard!r}")
    return heard


async def spoken_turn(place: Place) -> str:
    async with Talk(place, user(JOKE)) as talk:
        _, start = await talk.reply()
        await talk.speak(place.question)
        said, end = await talk.reply(start)
        heard = understood(talk, start, end)
    return f"heard {heard!r}, said {said!r}"


async def barge_in(place: Place) -> str:
    async with Talk(place, user(LONG_ANSWER)) as talk:
        await talk.seen.until("audio")
        start = len(talk.seen.all)
        await talk.speak(place.question)
        cut = await talk.seen.until("interrupted", start)
        said, end = await talk.reply(cut)
        heard = understood(talk, start, end)
    return f"heard {heard!r}, said {said!r}"


async def function_call(place: Place) -> str:
    called = []

    async def get_weather(params: FunctionCallParams, location: str) -> None:
        """Tells the weather.

        Args:
            location: A city.
        """
        called.append(location)
        await params.result_callback({"output": DEGREES})

    async with Talk(place, user(WEATHER), tools=ToolsSchema(standard_tools=[get_weather])) as talk:
        said, _ = await talk.reply()
        must(called == ["Paris"], f"called with {called}")
        must("17 degrees" in said, f"said {said!r}")
    return said


async def picture(place: Place) -> str:
    url = "data:image/jpeg;base64," + base64.b64encode(place.picture).decode()
    parts = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": PICTURE}]
    async with Talk(place, user(parts)) as talk:
        inside, start = await talk.reply()
        must("320" in inside and "180" in inside, f"the picture's size was not said: {inside!r}")
    async with Talk(place, user(JOKE)) as talk:
        _, start = await talk.reply()
        # Pipecat types by realtimeInput, on every model, which sees a frame of the camera.
        await talk.show(place.picture)
        await talk.type(PICTURE)
        typed, end = await talk.reply(start)
        must("320" in typed and "180" in typed, f"said {typed!r}")
    async with Talk(place, user(JOKE)) as talk:
        _, start = await talk.reply()
        await talk.show(place.picture)
        await talk.speak(place.look)
        spoken, _ = await talk.reply(start)
        must("320" in spoken and "180" in spoken, f"said {spoken!r}")
    return f"inside: {inside!r}, typed: {typed!r}, spoken: {spoken!r}"


async def resumption(place: Place) -> str:
    async with place.short_lived() as short, Talk(place, user(NAME), partner=short) as talk:
        _, end = await talk.reply()
        # Pipecat connects again when the connection has ended, by the newest handle.
        await short.connected(2)
        await talk.speak(place.who)
        said, _ = await talk.reply(end)
        must("Ada" in said, f"the session did not go on: {said!r}")
    return said


async def history(place: Place) -> str:
    """A context with earlier turns, which is announced, and answered at once."""
    earlier = [user(NAME), {"role": "assistant", "content": "Hello Ada."}, user(WHAT_NAME)]
    async with Talk(place, *earlier) as talk:
        said, _ = await talk.reply()
        must("Ada" in said, f"said {said!r}")
    return said


@with_model(TRANSCRIBER)
async def transcription(place: Place) -> str:
    service = GeminiSTTService(api_key="any", http_options=types.HttpOptions(base_url=place.usual.secure))
    seen = Seen()
    worker = PipelineWorker(
        Pipeline([service]),
        params=PipelineParams(audio_in_sample_rate=place.question.rate),
        cancel_on_idle_timeout=False,
        enable_rtvi=False,
        observers=[Told(service, seen)],
    )
    async with running(worker):
        for piece in [*place.question.pieces(), *place.look.pieces()]:
            frame = InputAudioRawFrame(audio=piece, sample_rate=place.question.rate, num_channels=1)
            await worker.queue_frame(frame)
            await asyncio.sleep(PIECE)
        await seen.until("heard", await seen.until("heard"))
    must(seen.kinds() == ["draft", "heard"] * 2, f"told {seen.all}")
    heard = seen.of("heard")
    must(heard == ["What time is it?", "What do you see?"], f"heard {heard}")
    return f"heard {heard}"


SCENARIOS = [text_turn, spoken_turn, barge_in, function_call, picture, resumption, history, transcription]

if __name__ == "__main__":
    logger.remove()
    sys.exit(run("pipecat-ai", SCENARIOS))
