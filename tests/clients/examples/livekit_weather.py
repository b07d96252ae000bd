"""`python livekit_weather.py VIVAVOCE`: an agent of LiveKit asks for the weather and runs the function."""

import asyncio
import sys

from google.genai import types
from livekit.agents import Agent, AgentSession, function_tool
from livekit.plugins import google

from live_server import live_server

SCRIPT = """
[[turn]]
when = { text = "weather" }
do = [{ call = "get_weather", args = { location = "Oslo" } }, { say = "It rains in Oslo." }]
"""


class Assistant(Agent):
    def __init__(self) -> None:
        super().__init__(instructions="Answer in one sentence.")

    @function_tool()
    async def get_weather(self, location: str) -> str:
        """Tells the weather."""
        return "rain"


async def main(program: str) -> None:
    async with live_server(program, SCRIPT) as url:
        model = google.realtime.RealtimeModel(
            model="gemini-3.8-live", api_key="any", http_options=types.HttpOptions(base_url=url)
        )
        async with model, AgentSession(llm=model) as session:
            await session.start(Assistant())
            result = await session.run(user_input="What's the weather in Oslo?")
            result.expect.next_event().is_function_call(name="get_weather", arguments={"location": "Oslo"})
            result.expect.next_event().is_function_call_output(output="rain")
            answer = result.expect.next_event().is_message(role="assistant").event()
            said = answer.item.text_content
    assert said.strip() == "It rains in Oslo.", said


asyncio.run(main(sys.argv[1]))
