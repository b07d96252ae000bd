"""Conversations with `vivavoce serve` through Google's unchanged Python SDK.

The scenarios run at the same time, each over its own connections. Exits with 0 if all pass, else prints what failed.
"""

import argparse
import asyncio
import os
import pathlib
import sys
import wave
from collections.abc import AsyncIterator, Callable, Coroutine

from google.genai import errors, live, types

from partner import Failed, Partner, serving

MODEL = "gemini-3.8-live"
SCENARIO_WITHIN = 240.0  # seconds; one takes ten to twenty
CONNECTION_LIMIT = 16  # seconds that a connection to the short-lived server may last; goAway comes at half of it
KEY = "the-right-key"


def must(holds: object, otherwise: str) -> None:
    if not holds:
        raise Failed(otherwise)


class Sound:
    """A WAV file, mono and 16 bit."""

    def __init__(self, file: pathlib.Path) -> None:
        with wave.open(str(file)) as wav:
            must((wav.getnchannels(), wav.getsampwidth()) == (1, 2), f"{file} is not mono and 16 bit")
            self.rate = wav.getframerate()
            self._pcm = wav.readframes(wav.getnframes())

    def with_silence(self, seconds: float) -> list[types.Blob]:
        """The sound and silence after it, in pieces of 20 ms."""
        pcm = self._pcm + bytes(2 * int(self.rate * seconds))
        step = 2 * self.rate // 50
        mime_type = f"audio/pcm;rate={self.rate}"
        return [types.Blob(data=pcm[at : at + step], mime_type=mime_type) for at in range(0, len(pcm), step)]


class Turn:
    """What came until the end of a turn."""

    def __init__(self) -> None:
        self.audio = bytearray()
        self.said = ""
        self.heard = ""
        self.order: list[str] = []
        self.modalities: set[types.MediaModality | None] = set()

    def take(self, message: types.LiveServerMessage) -> None:
        if message.usage_metadata:
            self.modalities |= {d.modality for d in message.usage_metadata.prompt_tokens_details or []}
        content = message.server_content
        if content is None:
            return
        for part in (content.model_turn.parts or []) if content.model_turn else []:
            if part.inline_data and part.inline_data.data:
                must(part.inline_data.mime_type == "audio/pcm;rate=24000", f"audio as {part.inline_data.mime_type}")
                self.audio += part.inline_data.data
                self._mark("audio")
        if content.output_transcription and content.output_transcription.text:
            self.said += content.output_transcription.text
        if content.input_transcription and content.input_transcription.text:
            self.heard += content.input_transcription.text
        for what in ("interrupted", "generation_complete", "turn_complete"):
            if getattr(content, what):
                self._mark(what)

    def _mark(self, what: str) -> None:
        if self.order[-1:] != [what]:
            self.order.append(what)

    @property
    def is_complete(self) -> bool:
        return "turn_complete" in self.order

    def must_be_whole(self) -> "Turn":
        samples = memoryview(bytes(self.audio)).cast("h")
        must(self.order == ["audio", "generation_complete", "turn_complete"], f"the order was {self.order}")
        must(len(samples) >= 12_000, f"only {len(samples)} samples of audio")
        must(max(map(abs, samples)) > 1000, "the audio is silence")
        must(self.said.strip(), "no output transcription")
        return self


class Talk:
    """A connected session, and what comes over it."""

    def __init__(self, session: live.AsyncSession) -> None:
        self.session = session
        self._incoming = self._messages()

    async def _messages(self) -> AsyncIterator[types.LiveServerMessage]:
        while True:
            # the SDK's iterator ends with each turn
            async for message in self.session.receive():
                yield message

    async def until(self, found: Callable[[types.LiveServerMessage], object], turn: Turn | None = None):
        """Reads on until a message has this; all of them are part of `turn`."""
        while True:
            message = await anext(self._incoming)
            if turn is not None:
                turn.take(message)
            if there := found(message):
                return there

    async def turn(self) -> Turn:
        turn = Turn()
        await self.until(lambda _: turn.is_complete, turn)
        return turn

    async def ask(self, text: str) -> None:
        content = types.Content(role="user", parts=[types.Part(text=text)])
        await self.session.send_client_content(turns=content, turn_complete=True)

    async def speak(self, sound: Sound) -> None:
        """As fast as it is taken: the server counts samples and not seconds."""
        for piece in sound.with_silence(1.2):
            await self.session.send_realtime_input(audio=piece)


def config(**more: object) -> types.LiveConnectConfig:
    voice = types.PrebuiltVoiceConfig(voice_name="Kore")
    return types.LiveConnectConfig(
        response_modalities=[types.Modality.AUDIO],
        speech_config=types.SpeechConfig(voice_config=types.VoiceConfig(prebuilt_voice_config=voice)),
        system_instruction="Answer in one sentence.",
        input_audio_transcription=types.AudioTranscriptionConfig(),
        output_audio_transcription=types.AudioTranscriptionConfig(),
        **more,
    )


def weather() -> types.Tool:
    location = types.Schema(type=types.Type.STRING, description="A city.")
    parameters = types.Schema(type=types.Type.OBJECT, properties={"location": location}, required=["location"])
    return types.Tool(
        function_declarations=[
            types.FunctionDeclaration(
                name="get_weather",
                description="Tells the weather.",
                parameters=parameters,
                behavior=types.Behavior.BLOCKING,  # 3.8 goes on talking otherwise
            )
        ]
    )


class Scenarios:
    """Each method that is listed in `all` is one; it returns what is printed."""

    def __init__(self, usual: Partner, locked: Partner, short: Partner, sounds: pathlib.Path) -> None:
        self._usual, self._locked, self._short = usual, locked, short
        self._question = Sound(sounds / "question-16k.wav")
        self._picture = (pathlib.Path(__file__).parent / "picture.jpg").read_bytes()

    def all(self) -> list[Callable[[], Coroutine[None, None, str]]]:
        return [
            self.text_turn,
            self.spoken_turn,
            self.marked_turn,
            self.barge_in,
            self.function_call,
            self.cancelled_call,
            self.video_frame,
            self.go_away_and_resumption,
            self.end_of_a_connection,
            self.right_key,
            self.wrong_key,
            self.unknown_model,
            self.models,
            self.ephemeral_token,
        ]

    def _connect(self, partner: Partner | None = None, model: str = MODEL, key: str | None = None, **more: object):
        client = (partner or self._usual).client(*([key] if key else []))
        return client.aio.live.connect(model=model, config=config(**more))

    async def _refused(self, **how: object) -> errors.APIError:
        try:
            async with self._connect(**how):
                raise Failed("the connection was taken")
        except errors.APIError as error:
            return error

    async def text_turn(self) -> str:
        async with self._connect() as session:
            talk = Talk(session)
            await talk.ask("Tell me a joke")
            turn = (await talk.turn()).must_be_whole()
        return f"{len(turn.audio) / 48_000:.1f} s of audio, said {turn.said.strip()!r}"

    async def spoken_turn(self) -> str:
        async with self._connect() as session:
            talk = Talk(session)
            await talk.speak(self._question)
            return self._understood(await talk.turn())

    async def marked_turn(self) -> str:
        detection = types.AutomaticActivityDetection(disabled=True)
        realtime = types.RealtimeInputConfig(automatic_activity_detection=detection)
        async with self._connect(realtime_input_config=realtime) as session:
            talk = Talk(session)
            await session.send_realtime_input(activity_start=types.ActivityStart())
            await talk.speak(self._question)
            await session.send_realtime_input(activity_end=types.ActivityEnd())
            return self._understood(await talk.turn())

    def _understood(self, turn: Turn) -> str:
        turn.must_be_whole()
        must("time" in turn.heard.lower(), f"the question was heard as {turn.heard!r}")
        return f"heard {turn.heard.strip()!r}, said {turn.said.strip()!r}"

    async def barge_in(self) -> str:
        async with self._connect() as session:
            talk = Talk(session)
            await talk.ask("What can you do?")
            broken_off = Turn()
            await talk.until(lambda _: broken_off.audio, broken_off)
            speaking = asyncio.create_task(talk.speak(self._question))
            await talk.until(lambda _: broken_off.is_complete, broken_off)
            # generationComplete would mean that nothing was left to be broken off
            expected = ["audio", "interrupted", "turn_complete"]
            must(broken_off.order == expected, f"the order was {broken_off.order}")
            answer = await talk.turn()
            await speaking
            self._understood(answer)
        return f"broken off after {broken_off.said.strip()!r}, then said {answer.said.strip()!r}"

    async def _called(self, talk: Talk) -> types.FunctionCall:
        await talk.ask("What's the weather in Paris?")
        call, *others = await talk.until(lambda message: message.tool_call and message.tool_call.function_calls)
        must(not others and call.name == "get_weather" and call.id, f"called: {call} {others}")
        must(call.args == {"location": "Paris"}, f"called with {call.args}")
        return call

    async def function_call(self) -> str:
        async with self._connect(tools=[weather()]) as session:
            talk = Talk(session)
            call = await self._called(talk)
            answer = {"output": "17 degrees and rain"}
            response = types.FunctionResponse(id=call.id, name=call.name, response=answer)
            await session.send_tool_response(function_responses=response)
            turn = (await talk.turn()).must_be_whole()
            must("17 degrees" in turn.said, f"the answer was not said: {turn.said!r}")
        return f"called with {call.args}, said {turn.said.strip()!r}"

    async def cancelled_call(self) -> str:
        async with self._connect(tools=[weather()]) as session:
            talk = Talk(session)
            call = await self._called(talk)
            await talk.ask("Never mind. Tell me a joke.")
            cancelled = await talk.until(lambda m: m.tool_call_cancellation and m.tool_call_cancellation.ids)
            must(cancelled == [call.id], f"cancelled: {cancelled} of {call.id}")
            must((await talk.turn()).order == ["interrupted", "turn_complete"], "the call's turn did not end")
            (await talk.turn()).must_be_whole()
        return "cancelled by the next words"

    async def video_frame(self) -> str:
        async with self._connect() as session:
            talk = Talk(session)
            await session.send_realtime_input(video=types.Blob(data=self._picture, mime_type="image/jpeg"))
            # Realtime input is not ordered against clientContent, so this goes the picture's way.
            await session.send_realtime_input(text="What do you see?")
            turn = (await talk.turn()).must_be_whole()
            must("320" in turn.said and "180" in turn.said, f"the picture's size was not said: {turn.said!r}")
            must(types.MediaModality.VIDEO in turn.modalities, f"counted: {turn.modalities}")
        return f"said {turn.said.strip()!r}"

    async def go_away_and_resumption(self) -> str:
        async with self._connect(self._short, session_resumption=types.SessionResumptionConfig()) as session:
            talk = Talk(session)
            left = None
            handle = None

            def noted(message: types.LiveServerMessage) -> bool:
                nonlocal left, handle
                if message.go_away:
                    left = message.go_away.time_left
                update = message.session_resumption_update
                if update and update.resumable and update.new_handle:
                    handle = update.new_handle
                return bool(left and handle)

            await talk.ask("My name is Ada.")
            await talk.until(noted)
            resumption = types.SessionResumptionConfig(handle=handle)
            early = await self._refused(partner=self._short, session_resumption=resumption)
            must(early.code == 1011, f"resumed while the old connection stood: {early}")
        async with self._connect(self._short, session_resumption=resumption) as session:
            talk = Talk(session)
            await talk.ask("What is my name?")
            turn = (await talk.turn()).must_be_whole()
            must("Ada" in turn.said, f"the session did not go on: {turn.said!r}")
        unknown = types.SessionResumptionConfig(handle="never-given-out")
        stale = await self._refused(partner=self._short, session_resumption=unknown)
        must((stale.code, stale.message) == (1008, None) or "session not found" in str(stale), f"{stale}")
        return f"{left} before the end, then said {turn.said.strip()!r}"

    async def end_of_a_connection(self) -> str:
        async with self._connect(self._short) as session:
            try:
                await Talk(session).until(lambda _: False)
            except errors.APIError as error:
                must(error.code == 1011 and "Deadline expired" in str(error), f"it ended with {error}")
                return str(error)
        raise Failed("it ended without an error")

    async def right_key(self) -> str:
        async with self._connect(self._locked, key=KEY) as session:
            must(session.setup_complete, "no setupComplete")
        return "taken"

    async def wrong_key(self) -> str:
        error = await self._refused(partner=self._locked, key="another-key")
        must(error.code == 1007 and "API key not valid" in str(error), f"refused with {error}")
        return str(error)

    async def unknown_model(self) -> str:
        error = await self._refused(model="gemini-9-live")
        wanted = "models/gemini-9-live is not found for API version v1"
        must(error.code == 1008 and wanted in str(error), f"refused with {error}")
        return str(error)

    async def models(self) -> str:
        models = self._usual.plain_client().aio.models
        listed = [model async for model in await models.list()]
        names = [model.name for model in listed]
        must(f"models/{MODEL}" in names, f"listed: {names}")
        must(all("bidiGenerateContent" in model.supported_actions for model in listed), f"not all are live: {listed}")
        one = await models.get(model=MODEL)
        must(one == listed[names.index(f"models/{MODEL}")], f"alone it is {one}")
        return f"{len(names)}: {', '.join(names)}"

    async def ephemeral_token(self) -> str:
        locked = types.LiveConnectConstraints(model=MODEL, config=config())
        token = await self._usual.plain_client(api_version="v1alpha").aio.auth_tokens.create(
            config=types.CreateAuthTokenConfig(uses=1, live_connect_constraints=locked)
        )
        live = self._usual.client(token.name, api_version="v1alpha").aio.live
        # The locked configuration counts, whatever the session asks for.
        async with live.connect(model="gemini-9-live", config=types.LiveConnectConfig()) as session:
            talk = Talk(session)
            await talk.ask("Tell me a joke")
            turn = (await talk.turn()).must_be_whole()
        try:
            async with live.connect(model=MODEL, config=config()):
                raise Failed("the token opened a second session")
        except errors.APIError as error:
            must(error.code == 1008, f"refused with {error}")
            return f"said {turn.said.strip()!r}, then refused: {error}"


async def hold(program: pathlib.Path, sounds: pathlib.Path) -> list[str]:
    """The scenarios that failed, by name and with their words."""
    limit = str(CONNECTION_LIMIT)
    failed = []

    async def one(scenario: Callable[[], Coroutine[None, None, str]]) -> None:
        try:
            print(f"{scenario.__name__}: {await asyncio.wait_for(scenario(), SCENARIO_WITHIN)}", flush=True)
        except asyncio.TimeoutError:
            failed.append(f"{scenario.__name__}: not over after {SCENARIO_WITHIN:.0f} s")
        except Failed as error:
            failed.append(f"{scenario.__name__}: {error}")
        except Exception as error:  # whatever the SDK throws is this scenario's failure, and the others go on
            failed.append(f"{scenario.__name__}: {type(error).__name__}: {error}")

    async with (
        serving(program) as usual,
        serving(program, "--key", KEY) as locked,
        serving(program, "--connection-limit", limit) as short,
    ):
        await asyncio.gather(*map(one, Scenarios(usual, locked, short, sounds).all()))
    return failed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", type=pathlib.Path, required=True, help="the vivavoce program")
    parser.add_argument("--sounds", type=pathlib.Path, required=True, help="the folder with the spoken question")
    args = parser.parse_args()
    # A key, a proxy or a version of whoever runs this is not the test's.
    for name in list(os.environ):
        if name.upper().endswith("_PROXY") or name.startswith(("GEMINI_", "GOOGLE_")):
            del os.environ[name]
    try:
        failed = asyncio.run(hold(args.server, args.sounds))
    except Failed as error:
        failed = [str(error)]
    for words in failed:
        print(f"sdk (Python): {words}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
