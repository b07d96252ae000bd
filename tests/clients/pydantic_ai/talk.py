"""Pydantic AI with `vivavoce serve`: realtime sessions of an agent with `GoogleRealtimeModel`.

Everything goes its way: text by clientContent, with the newest picture repeated inside the turn; earlier tool rounds as
function parts on 3.8.
"""

import asyncio
import contextlib
import sys

from pydantic_ai import Agent, BinaryContent
from pydantic_ai.messages import (
    FunctionToolCallEvent,
    ModelMessage,
    ModelRequest,
    ModelResponse,
    PartDeltaEvent,
    PartEndEvent,
    PartStartEvent,
    SpeechPart,
    SpeechPartDelta,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.realtime import (
    RealtimeInputSpeechStartEvent,
    RealtimeResponseInterruptedEvent,
    RealtimeSessionErrorEvent,
    RealtimeSessionReconnectEvent,
    RealtimeTurnCompleteEvent,
)
from pydantic_ai.realtime.google import GoogleRealtimeModel

from harness import (
    DEGREES,
    JOKE,
    LONG_ANSWER,
    NAME,
    PIECE,
    PICTURE,
    WEATHER,
    WHAT_NAME,
    Partner,
    Place,
    Seen,
    Sound,
    must,
    run,
)


class Talk:
    """A realtime session of an agent; `seen` is what its events tell."""

    def __init__(
        self,
        place: Place,
        partner: Partner | None = None,
        agent: Agent | None = None,
        history: list[ModelMessage] | None = None,
        **settings: object,
    ) -> None:
        self.seen = Seen()
        provider = GoogleProvider(api_key="any", base_url=(partner or place.usual).secure)
        model = GoogleRealtimeModel(place.model, provider=provider)
        agent = agent or Agent(instructions="Answer in one sentence.")
        realtime = agent.realtime(model, model_settings=settings or None, message_history=history)
        self._opening = realtime.session()

    async def __aenter__(self) -> "Talk":
        self.session = await self._opening.__aenter__()
        self._events = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *failure: object) -> None:
        self._events.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._events
        await self._opening.__aexit__(None, None, None)

    async def _listen(self) -> None:
        try:
            async for event in self.session:
                self._note(event)
            self.seen.note("error", "the session ended")
        except Exception as error:
            self.seen.note("error", f"{type(error).__name__}: {error}")

    def _note(self, event: object) -> None:
        note = self.seen.note
        match event:
            case PartStartEvent(part=SpeechPart(speaker="user")):
                note("heard", event.part.transcript)
            case PartDeltaEvent(delta=SpeechPartDelta(speaker="user")):
                note("heard", event.delta.transcript)
            case PartEndEvent(part=SpeechPart(speaker="user")):
                note("heard whole", event.part.transcript)
            case PartDeltaEvent(delta=SpeechPartDelta()):
                if event.delta.audio_chunk:
                    note("audio", len(event.delta.audio_chunk))
                if event.delta.transcript_delta:
                    note("said", event.delta.transcript_delta)
            case PartEndEvent(part=SpeechPart()):
                note("said whole", event.part.transcript)
            case FunctionToolCallEvent():
                note("call", (event.part.tool_name, event.part.args_as_dict()))
            case RealtimeResponseInterruptedEvent():
                note("interrupted")
            case RealtimeInputSpeechStartEvent():
                note("speech")
            case RealtimeTurnCompleteEvent():
                note("turn complete")
            case RealtimeSessionReconnectEvent():
                note("reconnected", event.state_restored)
            case RealtimeSessionErrorEvent():
                note("error", event.message)

    async def speak(self, sound: Sound) -> None:
        """In real time, as a microphone."""
        for piece in sound.pieces():
            await self.session.send_audio(piece)
            await asyncio.sleep(PIECE)

    async def reply(self, since: int = 0) -> tuple[str, int]:
        """Waits for a whole reply, with sound and words; returns its words, and the index after it."""
        end = await self.seen.until("turn complete", since)
        while not self.seen.of("audio", since, end):
            since, end = end, await self.seen.until("turn complete", end)
        size = sum(self.seen.of("audio", since, end))
        must(size > 9_600, f"{size} bytes of sound")
        said = self.seen.text("said whole", since, end).strip()
        must(said, f"no words of the reply in {self.seen.kinds(since, end)}")
        return said, end


async def text_turn(place: Place) -> str:
    async with Talk(place) as talk:
        await talk.session.send(JOKE)
        said, _ = await talk.reply()
        must(not talk.seen.of("interrupted"), "the reply was cut")
        must(talk.session.usage.output_tokens > 0, "no usage")
    return said


def understood(talk: Talk, since: int, end: int) -> str:
    whole = talk.seen.of("heard whole", since, end)
    must(len(whole) == 1, f"heard as {whole}")
    must("time" in whole[0].lower(), f"heard as {whole}")
    return whole[0].strip()


async def spoken_turn(place: Place) -> str:
    async with Talk(place) as talk:
        await talk.speak(place.question)
        said, end = await talk.reply()
        await talk.seen.until("heard whole")
        heard = understood(talk, 0, len(talk.seen.all))
    return f"heard {heard!r}, said {said!r}"


async def barge_in(place: Place) -> str:
    async with Talk(place) as talk:
        await talk.session.send(LONG_ANSWER)
        await talk.seen.until("audio")
        start = len(talk.seen.all)
        await talk.speak(place.question)
        cut = await talk.seen.until("interrupted", start)
        said, end = await talk.reply(cut)
        await talk.seen.until("heard whole", start)
        heard = understood(talk, start, len(talk.seen.all))
    return f"heard {heard!r}, said {said!r}"


async def typed_barge_in(place: Place) -> str:
    """Typed words cut the reply on 3.x, and are answered after it on 2.5."""
    async with Talk(place) as talk:
        await talk.session.send(LONG_ANSWER)
        start = await talk.seen.until("audio")
        await talk.session.send("What is 2 + 3?")
        await talk.seen.until("said", start, holds=lambda _: "5" in talk.seen.text("said", start))
        cut = bool(talk.seen.of("interrupted"))
        must(cut == place.service.typed_turn_cuts, f"the reply was {'cut' if cut else 'finished'}")
        said, _ = await talk.reply(start)
    return said


async def function_call(place: Place) -> str:
    agent = Agent(instructions="Answer in one sentence.")

    @agent.tool_plain
    def get_weather(location: str) -> str:
        """Tells the weather.

        Args:
            location: A city.
        """
        return DEGREES

    async with Talk(place, agent=agent) as talk:
        await talk.session.send(WEATHER)
        await talk.seen.until("said", holds=lambda _: "17 degrees" in talk.seen.text("said"))
        calls = talk.seen.of("call")
        must(calls == [("get_weather", {"location": "Paris"})], f"called {calls}")
        await talk.seen.until("turn complete")
        return talk.seen.text("said").strip()


async def picture(place: Place) -> str:
    image = BinaryContent(place.picture, media_type="image/jpeg")
    async with Talk(place) as talk:
        # As a frame of the camera, and again inside the typed turn.
        await talk.session.send(image)
        await talk.session.send(PICTURE)
        typed, _ = await talk.reply()
        must("320" in typed and "180" in typed, f"the picture's size was not said: {typed!r}")
    async with Talk(place) as talk:
        await talk.session.send(image)
        await talk.speak(place.look)
        spoken, _ = await talk.reply()
        must("1 picture" in spoken and "320" in spoken, f"said {spoken!r}")
    return f"typed: {typed!r}, spoken: {spoken!r}"


async def resumption(place: Place) -> str:
    reconnect = {"max_attempts": 3}
    async with place.short_lived() as short, Talk(place, short, reconnect=reconnect) as talk:
        await talk.session.send(NAME)
        _, end = await talk.reply()
        # It connects again when the connection has ended, by the newest handle.
        await talk.seen.until("reconnected", end, holds=bool)
        await talk.session.send(WHAT_NAME)
        said, _ = await talk.reply(end)
        must("Ada" in said, f"the session did not go on: {said!r}")
    return said


async def history(place: Place) -> str:
    """Earlier messages with a tool round: as function parts in an announced history on 3.8, as text elsewhere."""
    call = ToolCallPart("get_weather", {"location": "Paris"}, tool_call_id="1")
    earlier = [
        ModelRequest([UserPromptPart(NAME)]),
        ModelResponse([call]),
        ModelRequest([ToolReturnPart("get_weather", DEGREES, tool_call_id="1")]),
        ModelResponse([TextPart("Hello Ada.")]),
    ]
    async with Talk(place, history=earlier) as talk:
        await talk.session.send(WHAT_NAME)
        said, _ = await talk.reply()
        must("Ada" in said, f"said {said!r}")
    return said


SCENARIOS = [text_turn, spoken_turn, barge_in, typed_barge_in, function_call, picture, resumption, history]

if __name__ == "__main__":
    sys.exit(run("pydantic-ai", SCENARIOS))
