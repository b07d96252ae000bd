"""Google's Agent Development Kit (google-adk) with `vivavoce serve`: agents in `Runner.run_live`.

The model is `Gemini` with the options of its client, as its documentation has it; everything else is as ADK does it: text
by realtimeInput on 3.x and by clientContent on 2.5, sound and pictures by mediaChunks on 2.5, version v1alpha.
"""

import asyncio
import contextlib
import itertools
import logging
import sys
import warnings
from collections.abc import AsyncIterator

from google.adk.agents import Agent, LiveRequestQueue
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.events import Event
from google.adk.live import GeminiSTT
from google.adk.models import Gemini
from google.adk.runners import InMemoryRunner
from google.genai import types

from harness import (
    DEGREES,
    INTERPRETER,
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

APP, PERSON = "practice", "person"
# What the models are called on Vertex AI.
ON_VERTEX = {
    "gemini-3.8-live": "gemini-3.8-live",
    "gemini-2.5-flash-native-audio-latest": "gemini-live-2.5-flash-native-audio",
}
KNOWN = {
    ("function_call", "gemini-2.5-flash-native-audio-latest"): (
        "ADK hands on a call at turnComplete, except on 3.x (adk-python#5407 tells of it there); the Developer API sends "
        "none before the answer (recorded by pydantic-ai and js-genai)"
    ),
}


def get_weather(location: str) -> dict[str, str]:
    """Tells the weather.

    Args:
        location: A city.
    """
    return {"output": DEGREES}


class Talk:
    """An agent that runs live; `seen` is what its events tell."""

    def __init__(self, place: Place, partner: Partner | None = None, agent: Agent | None = None, **config: object) -> None:
        self.seen = Seen()
        self.agent = agent or agent_for(place, partner)
        self.runner = InMemoryRunner(agent=self.agent, app_name=APP)
        self._queue = LiveRequestQueue()
        self._config = RunConfig(
            streaming_mode=StreamingMode.BIDI, response_modalities=[types.Modality.AUDIO], **config
        )

    async def __aenter__(self) -> "Talk":
        self._session = await self.runner.session_service.create_session(app_name=APP, user_id=PERSON)
        await self.before()
        self._events = asyncio.create_task(self._listen())
        return self

    async def before(self) -> None:
        """What is done to the session before it runs."""

    async def __aexit__(self, *_: object) -> None:
        self._queue.close()
        self._events.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._events

    async def _listen(self) -> None:
        try:
            live = self.runner.run_live(
                user_id=PERSON,
                session_id=self._session.id,
                live_request_queue=self._queue,
                run_config=self._config,
            )
            async for event in live:
                self._note(event)
            self.seen.note("error", "the run ended")
        except Exception as error:
            self.seen.note("error", f"{type(error).__name__}: {error}")

    def _note(self, event: Event) -> None:
        note = self.seen.note
        for part in (event.content.parts or []) if event.content else []:
            if part.inline_data:
                note("audio", part.inline_data)
            if part.text and part.thought:
                note("thought", part.text)
            if part.text and not part.thought:
                note("text", part.text)
            if part.function_call:
                note("call", part.function_call)
            if part.function_response:
                note("result", part.function_response)
        if event.voice_activity:
            note("voice", event.voice_activity.voice_activity_type)
        for kind, transcription in (("heard", event.input_transcription), ("said", event.output_transcription)):
            if transcription and transcription.text:
                note(f"{kind} whole" if transcription.finished else kind, transcription.text)
        if event.usage_metadata:
            note("usage", event.usage_metadata)
        if event.live_session_resumption_update:
            note("handle", event.live_session_resumption_update.new_handle)
        if event.interrupted:
            note("interrupted")
        if event.turn_complete:
            note("turn complete")

    def type(self, text: str, *more: types.Part) -> None:
        self._queue.send_content(types.Content(role="user", parts=[*more, types.Part(text=text)]))

    def show(self, picture: bytes) -> None:
        self._queue.send_realtime(types.Blob(data=picture, mime_type="image/jpeg"))

    async def speak(self, sound: Sound) -> None:
        """In real time, as a microphone."""
        for piece in sound.pieces():
            self._queue.send_realtime(types.Blob(data=piece, mime_type=f"audio/pcm;rate={sound.rate}"))
            await asyncio.sleep(PIECE)

    async def turn(self, since: int = 0) -> int:
        """Waits for the end of a turn."""
        return await self.seen.until("turn complete", since)

    async def reply(self, since: int = 0) -> tuple[str, int]:
        """Waits for a whole reply, with sound and words; returns its words, and the index after it."""
        end = await self.turn(since)
        while not self.seen.of("audio", since, end):
            # A turn without a reply is one that a function call or a cut has ended.
            end = await self.turn(end)
        audio = b"".join(blob.data for blob in self.seen.of("audio", since, end))
        must(len(audio) > 24_000, f"{len(audio)} bytes of sound")
        must(not self.seen.of("interrupted", since, end), "the reply was cut")
        said = self.seen.text("said whole", since, end)
        must(said.strip(), "no words of the reply")
        must(said == self.seen.text("said", since, end), f"the whole words {said!r} are not the pieces together")
        return said.strip(), end


def agent_for(
    place: Place, partner: Partner | None = None, vertex_model: str | None = None, tools: tuple = ()
) -> Agent:
    options = {"http_options": types.HttpOptions(base_url=(partner or place.usual).secure)}
    if vertex_model:
        options["vertexai"] = True
    model = Gemini(model=vertex_model or place.model, client_kwargs={"api_key": "any", **options})
    return Agent(name="assistant", model=model, instruction="Answer in one sentence.", tools=[*tools])


async def text_turn(place: Place) -> str:
    async with Talk(place) as talk:
        talk.type(JOKE)
        said, end = await talk.reply()
        await talk.seen.until("usage")
        thoughts = talk.seen.of("thought", 0, end)
        must(place.service.thoughts or not thoughts, f"thoughts: {thoughts}")
        if thoughts:
            kinds = talk.seen.kinds()
            must(kinds.index("thought") < kinds.index("audio"), f"the thought came late: {kinds}")
    return said


def understood(talk: Talk, since: int, end: int) -> str:
    """What was heard, which must come as this model sends it."""
    whole = talk.seen.of("heard whole", since, end)
    must(len(whole) == 1, f"heard as {whole}")
    must("time" in whole[0].lower(), f"heard as {whole}")
    return whole[0].strip()


async def spoken_turn(place: Place) -> str:
    async with Talk(place) as talk:
        speaking = asyncio.create_task(talk.speak(place.question))
        said, end = await talk.reply()
        await speaking
        heard = understood(talk, 0, end)
        pieces = talk.seen.of("heard", 0, end)
        must(bool(pieces) != place.service.heard_whole, f"pieces of what was said: {pieces}")
    return f"heard {heard!r}, said {said!r}"


async def barge_in(place: Place) -> str:
    async with Talk(place) as talk:
        talk.type(LONG_ANSWER)
        await talk.seen.until("audio")
        start = len(talk.seen.all)
        await talk.speak(place.question)
        cut = await talk.seen.until("interrupted", start)
        voice = talk.seen.of("voice", start, cut)
        must(bool(voice) == place.service.voice_activity, f"voiceActivity before the cut: {voice}")
        await talk.turn(cut)
        said, end = await talk.reply(cut)
        heard = understood(talk, start, end)
    return f"heard {heard!r}, said {said!r}"


async def typed_barge_in(place: Place) -> str:
    """Typed words cut the reply on 3.x, and are answered after it on 2.5."""
    async with Talk(place) as talk:
        talk.type(LONG_ANSWER)
        start = await talk.seen.until("audio")
        talk.type("What is 2 + 3?")
        first = await talk.turn(start)
        cut = bool(talk.seen.of("interrupted", start, first))
        must(cut == place.service.typed_turn_cuts, f"the reply was {'cut' if cut else 'finished'}")
        must(not talk.seen.of("voice"), "voiceActivity though nobody spoke")
        said, _ = await talk.reply(first)
        must("5" in said, f"said {said!r}")
    return said


async def function_call(place: Place) -> str:
    return await call_by(agent_for(place, tools=(get_weather,)), place)


async def function_call_on_vertex(place: Place) -> str | None:
    """There a call ends its turn, and the answer is another."""
    if not (model := ON_VERTEX.get(place.model)):
        return None
    return await call_by(agent_for(place, vertex_model=model, tools=(get_weather,)), place)


async def call_by(agent: Agent, place: Place) -> str:
    async with Talk(place, agent=agent) as talk:
        talk.type(WEATHER)
        at = await talk.seen.until("call")
        call = talk.seen.of("call")[0]
        must((call.name, call.args) == ("get_weather", {"location": "Paris"}), f"called {call}")
        await talk.seen.until("said", at, lambda _: "17 degrees" in talk.seen.text("said", at))
        await talk.turn(at)
        must(len(talk.seen.of("call")) == 1, "called twice")
        return talk.seen.text("said", at).strip()


async def picture(place: Place) -> str:
    async with Talk(place) as talk:
        # Inside the turn every model sees it.
        talk.type(PICTURE, types.Part.from_bytes(data=place.picture, mime_type="image/jpeg"))
        inside, end = await talk.reply()
        must("320" in inside and "180" in inside, f"the picture's size was not said: {inside!r}")
    async with Talk(place) as talk:
        # As a frame of the camera: a clientContent turn, which ADK types by on 2.5, does not see it. Speech does.
        talk.show(place.picture)
        talk.type(PICTURE)
        streamed, end = await talk.reply()
        by_content = place.model.startswith("gemini-2")
        must(("320" in streamed) != by_content, f"said {streamed!r}")
    return f"inside: {inside!r}, streamed: {streamed!r}"


async def resumption(place: Place) -> str:
    resumable = types.SessionResumptionConfig()
    async with place.short_lived() as short, Talk(place, short, session_resumption=resumable) as talk:
        talk.type(NAME)
        _, end = await talk.reply()
        await talk.seen.until("handle", holds=bool)
        # ADK connects again at goAway, by the newest handle.
        await short.connected(2)
        talk.type(WHAT_NAME)
        said, _ = await talk.reply(end)
        must("Ada" in said, f"the session did not go on: {said!r}")
    return said


async def history(place: Place) -> str:
    """A session with earlier turns: ADK sends them first, and on 3.x a "." after them."""

    class Earlier(Talk):
        async def before(self) -> None:
            for author, role, text in (
                ("user", "user", NAME),
                (self.agent.name, "model", "Hello Ada."),
                ("user", "user", WHAT_NAME),
            ):
                content = types.Content(role=role, parts=[types.Part(text=text)])
                event = Event(author=author, content=content, invocation_id="earlier")
                await self.runner.session_service.append_event(self._session, event)

    async with Earlier(place) as talk:
        said, _ = await talk.reply()
        must("Ada" in said, f"said {said!r}")
    return said


@with_model(INTERPRETER)
async def interpretation(place: Place) -> str:
    translation = types.TranslationConfig(target_language_code="pl")
    async with Talk(place, translation_config=translation) as talk:
        for start in (0, len(talk.seen.all)):
            await talk.speak(place.question)
            await talk.seen.until("said", start, lambda _: "time" in talk.seen.text("said", start))
            must("time" in talk.seen.text("heard", start), f"heard {talk.seen.text('heard', start)!r}")
        must(talk.seen.of("audio"), "no sound")
        turns = talk.seen.of("turn complete") + talk.seen.of("interrupted")
        must(not turns, "an interpreter has no turns")
        return f"heard {talk.seen.text('heard')!r}, said {talk.seen.text('said')!r}"


@with_model(TRANSCRIBER)
async def transcription(place: Place) -> str:
    model = Gemini(
        model=place.model,
        client_kwargs={"api_key": "any", "http_options": types.HttpOptions(base_url=place.usual.secure)},
    )

    seen = Seen()

    async def microphone() -> AsyncIterator[types.Blob]:
        pieces = [*place.question.pieces(), *place.look.pieces()]
        # Then silence, until both are understood: ADK hangs up soon after the last piece.
        for piece in itertools.chain(pieces, itertools.repeat(bytes(len(pieces[0])))):
            if len(seen.of("UserTurnFinished")) == 2:
                return
            yield types.Blob(data=piece, mime_type=f"audio/pcm;rate={place.question.rate}")
            await asyncio.sleep(PIECE)

    async for event in GeminiSTT(model=model)(microphone()):
        seen.note(type(event).__name__, getattr(event, "text", None))
    turn = ["UserSpeechStarted", "PartialTranscript", "UserTurnFinished"]
    must(seen.kinds() == turn * 2, f"told {seen.all}")
    heard = seen.of("UserTurnFinished")
    must(heard == ["What time is it?", "What do you see?"], f"heard {heard}")
    return f"heard {heard}"


SCENARIOS = [
    text_turn,
    spoken_turn,
    barge_in,
    typed_barge_in,
    function_call,
    function_call_on_vertex,
    picture,
    resumption,
    history,
    interpretation,
    transcription,
]

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    sys.exit(run("google-adk", SCENARIOS, KNOWN))
