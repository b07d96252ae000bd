"""`python genai_weather.py VIVAVOCE`: google-genai asks for the weather and answers the model's call."""

import asyncio
import sys

from google import genai
from google.genai import types

from live_server import live_server

SCRIPT = """
[[turn]]
when = { text = "weather" }
do = [{ call = "get_weather", args = { location = "Oslo" } }, { say = "It rains in Oslo." }]
"""

GET_WEATHER = types.FunctionDeclaration(
    name="get_weather",
    description="Tells the weather.",
    parameters=types.Schema(type="OBJECT", properties={"location": types.Schema(type="STRING")}),
)


async def main(program: str) -> None:
    config = types.LiveConnectConfig(
        response_modalities=["AUDIO"],
        output_audio_transcription=types.AudioTranscriptionConfig(),
        tools=[types.Tool(function_declarations=[GET_WEATHER])],
    )
    said, called = "", []
    async with live_server(program, SCRIPT) as url:
        client = genai.Client(api_key="any", http_options=types.HttpOptions(base_url=url))
        async with client.aio.live.connect(model="gemini-3.8-live", config=config) as session:
            await session.send_realtime_input(text="What's the weather in Oslo?")
            async for message in session.receive():
                for call in message.tool_call.function_calls if message.tool_call else []:
                    called.append(call.args)
                    answer = types.FunctionResponse(id=call.id, name=call.name, response={"output": "rain"})
                    await session.send_tool_response(function_responses=[answer])
                content = message.server_content
                if content and content.output_transcription:
                    said += content.output_transcription.text or ""
    assert called == [{"location": "Oslo"}], called
    assert said.strip() == "It rains in Oslo.", said


asyncio.run(main(sys.argv[1]))
