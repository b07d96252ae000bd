"""`python adk_weather.py VIVAVOCE`: an agent of google-adk asks for the weather and runs the function."""

import asyncio
import contextlib
import sys

from google.adk.agents import Agent, LiveRequestQueue
from google.adk.agents.run_config import RunConfig, StreamingMode
from google.adk.models import Gemini
from google.adk.runners import InMemoryRunner
from google.genai import types

from live_server import live_server

SCRIPT = """
[[turn]]
when = { text = "weather" }
do = [{ call = "get_weather", args = { location = "Oslo" } }, { say = "It rains in Oslo." }]
"""

called = []


def get_weather(location: str) -> dict[str, str]:
    """Tells the weather."""
    called.append(location)
    return {"output": "rain"}


async def main(program: str) -> None:
    said = ""
    async with live_server(program, SCRIPT) as url:
        options = {"api_key": "any", "http_options": types.HttpOptions(base_url=url)}
        model = Gemini(model="gemini-3.8-live", client_kwargs=options)
        runner = InMemoryRunner(agent=Agent(name="assistant", model=model, tools=[get_weather]), app_name="weather")
        session = await runner.session_service.create_session(app_name="weather", user_id="me")
        queue = LiveRequestQueue()
        queue.send_content(types.Content(role="user", parts=[types.Part(text="What's the weather in Oslo?")]))
        config = RunConfig(streaming_mode=StreamingMode.BIDI, response_modalities=[types.Modality.AUDIO])
        live = runner.run_live(user_id="me", session_id=session.id, live_request_queue=queue, run_config=config)
        async with contextlib.aclosing(live) as events:
            async for event in events:
                if event.output_transcription and event.output_transcription.finished:
                    said += event.output_transcription.text
                if event.turn_complete and said:
                    break
        queue.close()
    assert called == ["Oslo"], called
    assert said.strip() == "It rains in Oslo.", said


asyncio.run(main(sys.argv[1]))
