"""`python pipecat_weather.py VIVAVOCE`: a pipeline of Pipecat asks for the weather and runs the function."""

import asyncio
import sys

from google.genai import types
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import LLMFullResponseEndFrame, LLMRunFrame, TTSTextFrame
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.services.google.gemini_live.llm import GeminiLiveLLMService
from pipecat.services.llm_service import FunctionCallParams
from pipecat.workers.runner import WorkerRunner

from live_server import live_server

SCRIPT = """
[[turn]]
when = { text = "weather" }
do = [{ call = "get_weather", args = { location = "Oslo" } }, { say = "It rains in Oslo." }]
"""

called = []


async def get_weather(params: FunctionCallParams, location: str) -> None:
    """Tells the weather.

    Args:
        location: A city.
    """
    called.append(location)
    await params.result_callback({"output": "rain"})


class Listener(BaseObserver):
    """Collects what is said, until the reply is over."""

    def __init__(self) -> None:
        super().__init__()
        self.said = ""
        self.is_over = asyncio.Event()

    async def on_push_frame(self, data: FramePushed) -> None:
        if isinstance(data.source, GeminiLiveLLMService) and data.first_push:
            if isinstance(data.frame, TTSTextFrame):
                self.said += data.frame.text
            if isinstance(data.frame, LLMFullResponseEndFrame) and self.said:
                self.is_over.set()


async def main(program: str) -> None:
    async with live_server(program, SCRIPT) as url:
        service = GeminiLiveLLMService(
            api_key="any",
            settings=GeminiLiveLLMService.Settings(model="models/gemini-3.8-live"),
            http_options=types.HttpOptions(base_url=url),
        )
        question = {"role": "user", "content": "What's the weather in Oslo?"}
        context = LLMContext(messages=[question], tools=ToolsSchema(standard_tools=[get_weather]))
        halves = LLMContextAggregatorPair(context)
        listener = Listener()
        worker = PipelineWorker(
            Pipeline([halves.user(), service, halves.assistant()]),
            params=PipelineParams(audio_in_sample_rate=16_000, audio_out_sample_rate=24_000),
            observers=[listener],
        )
        runner = WorkerRunner()
        await runner.add_workers(worker)
        running = asyncio.create_task(runner.run())
        await worker.queue_frame(LLMRunFrame())
        await asyncio.wait_for(listener.is_over.wait(), 60)
        await worker.cancel()
        await running
    assert called == ["Oslo"], called
    assert listener.said.strip() == "It rains in Oslo.", listener.said


asyncio.run(main(sys.argv[1]))
