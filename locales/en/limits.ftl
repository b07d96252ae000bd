### Why a model does not take an option. The backend names the sentence, the window shows it beside the option.

limit-unknown = Support is unknown, so this setting isn’t sent.
limit-always-on = { $model } always { $option ->
    [thinking] thinks before it answers
    [affective] matches your mood
    [proactive] decides by itself when to answer
    [search] searches
    [translate] translates
   *[other] does this
 }. It can’t be turned off.
limit-writes = { $model } replies in text only.
limit-own-voice = { $model } has a fixed voice.
limit-silence = { $model } needs to hear silence to know that you’re done.
limit-unsupported = { $model } doesn’t support { $option ->
    [voice] voices
    [thinking] thinking
    [affective] matching your mood
    [proactive] deciding when to answer
    [search] Google Search
    [functions] tools
    [history] earlier turns
    [translate] live translation
    [turns] this kind of turn detection
   *[other] this setting
 }.
limit-unsupported-other = { $model } doesn’t support { $option ->
    [voice] voices
    [thinking] thinking
    [affective] matching your mood
    [proactive] deciding when to answer
    [search] Google Search
    [functions] tools
    [history] earlier turns
    [translate] live translation
    [turns] this kind of turn detection
   *[other] this setting
 }. Choose { $other }.
limit-this-model = This model

## Language models on this computer: whose server, how large, and what they can do

local-ollama = Ollama
local-lm-studio = LM Studio
local-llama-cpp = llama.cpp
local-llama-cpp-python = llama-cpp-python
local-jan = Jan
local-vllm = vLLM
local-local-ai = LocalAI
local-other = Server on port { $port }
local-size = { $gigabytes } GB
local-calls = calls functions
local-no-calls = no functions
local-calls-unknown = functions unknown
local-sees = sees pictures
local-no-eyes = no pictures
local-sees-unknown = pictures unknown
