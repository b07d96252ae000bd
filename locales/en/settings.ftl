# The settings.

settings = Settings
settings-groups = Groups
settings-advanced = Advanced
group-conversation = Conversation
group-responses = Responses
group-speech = Speech detection
group-devices = Devices
group-key = Connection
group-tools = Tools
group-servers = MCP servers
group-practice = Practice partner
group-appearance = Appearance

## Values that several settings have

default = Default
default-value = Default ({ $value })
default-reset = Reset { $setting } to default
save = Save
level-minimal = Minimal
level-low = Low
level-medium = Medium
level-high = High
level-extraHigh = Very high

## Conversation

model = Model
model-unknown = Unknown model; Vivavoce will try it
voice = Voice
translate = Translate into
translate-off = Don’t translate
language-code = Language code
language-code-hint = For example pt-BR
instructions = Instructions
instructions-hint = What the assistant should know, and how it should respond

## Responses

thinking = Thinking
thinking-hint = More thinking: better answers, more delay
thinking-none = Not available for this model
thinking-automatic = Automatic
thinking-off = Off
thinking-low = Low (1,024 tokens)
thinking-high = High (8,192 tokens)
thinking-tokens = { $count } tokens
search = Google Search
search-hint = Replies show their sources
mood = Match my mood
mood-hint = Adapts its tone to yours
temperature = Temperature
temperature-hint = Lower is more predictable, higher more varied
resolution = Image detail
resolution-hint = Higher reads small text but costs more
compression = Long conversations
compression-hint =
    Drops the oldest content when memory is full.
    If off, conversations end after about 15 minutes.

## Speech detection

input-mode = Input mode
input-mode-voice = Voice activity
input-mode-key = Push to talk
input-mode-voice-hint = Detects when you start and stop talking
input-mode-key-hint = Hold Space or the button next to End
shortcut = Global shortcut
shortcut-hint = Hold to talk from any app
shortcut-set = Set shortcut
shortcut-press = Press keys…
shortcut-remove = Remove
shortcut-remove-label = Remove shortcut
shortcut-unknown-key = This key can’t be used. Try another.
shortcut-needs-modifier = Add Ctrl or Alt. Other apps use this key.
keyboard-PageUp = Page up
keyboard-PageDown = Page down
keyboard-ScrollLock = Scroll lock
skip-silence = Skip long silences
skip-silence-hint = Costs less, but may clip a quiet first word
skip-silence-by-key = Nothing is sent until you hold the key
skip-silence-everything = Not available when all input is processed
barge-in = Interrupt by speaking
barge-in-hint = Replies stop when you talk
start-sensitivity = Start sensitivity
start-sensitivity-hint = Low helps in noisy rooms
end-sensitivity = End sensitivity
pause = Pause before reply
pause-hint = Shorter replies sooner; longer gives you time to think
not-by-key = Not used with push to talk
proactive = Reply only when spoken to
proactive-hint = Stays quiet while you talk to others
coverage = Input to process
coverage-hint = All input is billed
coverage-activity = Speech
coverage-speechAndPictures = Speech and all images
coverage-everything = Everything, including silence

## Devices

microphone = Microphone
microphone-test = Microphone test
microphone-test-hint = Shows how loud you are. Nothing is recorded or sent.
microphone-test-start = Test microphone
microphone-test-stop = Turn off
microphone-test-opening = Turning on…
microphone-test-running = { $microphone } is on.
microphone-test-busy = Not available during a conversation.
microphone-test-none = Choose a microphone first.
microphone-level = Microphone level
speaker = Speaker
volume = Volume
volume-hint = Reply volume, separate from system volume
speaker-test = Speaker test
speaker-test-hint = Plays soft tones for five seconds to test for echo
camera = Camera
camera-on = Start with camera on
camera-on-hint = Sends one frame per second

## Connection

endpoint = Connect to
endpoint-automatic = Automatic
endpoint-automatic-hint = Gemini if you have a key, otherwise practice
endpoint-gemini = Gemini
endpoint-gemini-hint = Google’s service; needs an API key
endpoint-vertex = Vertex AI
endpoint-vertex-hint = Gemini in a Google Cloud project
endpoint-vertex-express = Vertex AI express
endpoint-vertex-express-hint = Gemini in Google Cloud, with an API key
endpoint-practice = Practice partner
endpoint-practice-hint = Runs on this computer; needs no network and no key
endpoint-custom = Custom server
endpoint-custom-hint = Must support the Live API
address = Address
address-hint = Starts with ws:// or wss://
address-placeholder = ws://127.0.0.1:8765
address-not-ws = Enter an address that starts with ws:// or wss://.
address-unencrypted = Unencrypted ws:// works only on this computer. Use wss://.
project = Project
project-hint = Google Cloud project ID
project-placeholder = my-project
location = Location
location-hint = A region, us, eu, or global
vertex-sign-in = Uses Application Default Credentials (GOOGLE_APPLICATION_CREDENTIALS or gcloud).
proxy = Proxy
proxy-hint = System: HTTPS_PROXY, ALL_PROXY, and NO_PROXY
proxy-system = System
proxy-none = None
proxy-custom = Custom
proxy-address = Proxy address
proxy-address-hint = Include user name and password if required; they’re saved in the keyring
proxy-address-keyring = User name and password are saved in the keyring
proxy-address-session = User name and password are kept until you close Vivavoce
proxy-placeholder = http://name:password@host:port

## API keys

key-keyring = Key saved in the system’s keyring.
key-environment = Using the key from GEMINI_API_KEY or GOOGLE_API_KEY.
key-session = Key kept until you close Vivavoce, because the keyring isn’t available.
key-token = Ephemeral token, kept until you close Vivavoce.
key-placeholder = Paste key
key-get = Get API key
key-test = Test key
key-remove = Remove key
key-checking = Testing…
key-works = Key works
key-unknown = Saved. It will be tested when you start.
gemini-key = Gemini API key
gemini-key-replace = Replace API key
gemini-key-hint = Key or ephemeral token. Sent only to Google.
gemini-key-missing = No API key yet. Gemini needs one.
gemini-key-missing-practice = No API key yet. Without one, Start opens a practice conversation.
vertex-key = Vertex AI key
vertex-key-replace = Replace Vertex AI key
vertex-key-hint = Sent only to Google.
vertex-key-missing = No Vertex AI key yet.
server-key = Server key
server-key-replace = Replace server key
server-key-hint = Optional. Sent only to this server.
server-key-missing = No key set.
think-key = Language model key
think-key-replace = Replace language model key
think-key-hint = Optional. Sent only to this server.
think-key-missing = No key set.
sign-in-test = Test sign-in
sign-in-works = Sign-in works

## Practice partner

practice-offline = Runs entirely on this computer. Speech models download once.
practice-online =
    Speech models run on this computer and download once.
    The language model at { $host } receives what you say.
asset-voice = Voice
asset-hearing = Speech recognition
recogniser = Languages understood
recogniser-tiny = English
recogniser-base = 99 languages
recogniser-tiny-hint = 32 MB; quick
recogniser-base-hint = 60 MB; slower. The voice and the built-in answers are English.
recogniser-base-missing = 60 MB; slower. Until it is installed, English is understood.
asset-checking = Checking…
asset-installed = Installed
asset-no-voice = Not installed (basic voice)
asset-no-hearing = Not installed (typing only)
download = Download ({ $size })
download-file = Choose file…
download-checking = Checking what to download…
download-running = Downloading { $what }: { $done } of { $total } MB
download-unknown-size = Downloading { $what }…
think-url = Language model
think-address = Server address
think-url-hint = Address of an OpenAI-compatible server. It receives what you say.
think-url-placeholder = http://127.0.0.1:11434/v1
think-url-not-http = Enter an address that starts with http:// or https://.
think-url-unencrypted = Unencrypted http:// works only on this computer. Use https://.
think-model = Model name
think-model-placeholder = llama3.2

## Language models on this computer

local-not-now = Not available now
local-built-in = Built-in answers
local-built-in-hint = No language model
local-another = Another server…
local-another-hint = Any OpenAI-compatible server, on this computer or over https
local-checking = Checking…
local-searching = Looking for language models on this computer…
local-built-in-used = Built-in answers are used.
local-found =
    { $count ->
        [one] Built-in answers are used. One language model was found on this computer.
       *[other] Built-in answers are used. { $count } language models were found on this computer.
    }
local-none = Built-in answers are used. No language model was found: start Ollama, LM Studio, llama.cpp, Jan, vLLM or LocalAI, then refresh.
local-locked = Built-in answers are used. { $servers } wants a key before it lists its models: choose Another server, and enter its key.
local-elsewhere = { $model } at { $host } is used.
local-no-name = Enter the model’s name.
local-silent = { $url } doesn’t answer. Start its server; until then, built-in answers are used.
local-wants-key = { $server } wants a key.
local-ready = { $model } from { $server } is ready.
local-lacks = { $server } doesn’t have { $model }. Choose another model, or load it there.
local-refresh = Refresh

## Appearance

theme = Theme
theme-system = System
theme-light = Light
theme-dark = Dark
intro-again = First steps
intro-again-hint = Key, microphone, speakers, and camera, one by one
intro-again-open = Open
statistics = Statistics
statistics-hint = Meters, response time and traffic under the buttons

## Changes that wait for a new connection, or for the next start

applies-reconnect = Applies after reconnecting: { $settings }.
applies-now = Reconnect now
applies-kept = The conversation goes on where it is.
applies-kept-words = { $model } will know only the transcript.
applies-kept-nothing = { $model } can’t be told what was said before.
applies-start = Applies next time you start: { $settings }.

waiting-connection = the connection
waiting-proxy = the proxy
waiting-tools = tools
waiting-think = the language model
waiting-recogniser = speech recognition
waiting-model = model
waiting-voice = voice
waiting-translate = translation
waiting-instructions = instructions
waiting-thinking = thinking
waiting-search = Google Search
waiting-mood = mood matching
waiting-temperature = temperature
waiting-resolution = image detail
waiting-compression = long conversations
waiting-input-mode = input mode
waiting-skip-silence = skipping silences
waiting-barge-in = interrupting
waiting-sensitivity = sensitivity
waiting-pause = the pause before a reply
waiting-proactive = replying only when spoken to
waiting-coverage = processed input

## Tools

servers-hint = Other programs and services that bring tools. They run with your rights, and each of their tools asks you first.
servers-empty = The file names no servers yet.
servers-state-off = Off
servers-state-starting = Starting…
servers-state-running = Running
servers-state-restarting = Stopped; starting again…
servers-state-failed = Doesn’t run
servers-restart = Try again
servers-restart-name = Try again: { $name }
servers-permission = Permission of all tools of { $name }
servers-rule-ask = Each tool asks first
servers-rule-readers = Reading doesn’t ask
servers-tools =
    { $count ->
        [one] One tool
       *[other] { $count } tools
    }
servers-left-out =
    { $count ->
        [one] One tool can’t be used
       *[other] { $count } tools can’t be used
    }
servers-file = File
servers-file-hint = The servers come from
servers-file-none = Servers are described in a file, in the form that Claude Desktop, VS Code and Cursor use. It goes to
servers-import = Import from a file…
servers-import-program = Import from { $program }
toolbox-hint = The model can call these while you talk. What acts asks you first.
toolbox-built-in = Built in
toolbox-own = Your own
toolbox-own-hint = From
toolbox-own-none = Describe functions in a file: a program, a request, a fixed answer, or a question to you. It goes to
own-add = Add a tool…
own-edit = Edit { $name }
toolbox-edit = Edit
own-delete = Delete
own-name = Name
own-name-placeholder = order_state
own-description = What it does, and when the model should call it
own-description-placeholder = Tells where an order is. Call it when the user asks about an order.
own-arguments = What it needs to know
own-arguments-file = The file describes this in more detail than this form can. It stays as it is.
own-argument-add = Add
own-argument-name = Name of value { $number }
own-argument-name-placeholder = order
own-argument-kind = Kind of value { $number }
own-argument-meaning = Meaning of value { $number }
own-argument-meaning-placeholder = The order’s number, such as A-7
own-argument-required = required
own-argument-remove = Remove value { $number }
own-argument-remove-title = Remove
own-kind-text = Text
own-kind-number = Number
own-kind-whole = Whole number
own-kind-yesNo = Yes or no
own-way = What happens
own-way-program = Run a program
own-way-request = Send a request
own-way-answer = Give a fixed answer
own-way-ask = Ask me
own-program = Program
own-args = Its arguments, one a line
own-program-hint = It gets the values as JSON on standard input, and what it prints is the result. It runs with your rights, without a shell.
own-url = Address
own-url-placeholder = https://shop.example/order
own-posts = Send the values as JSON (POST) instead of in the address
own-answer = Answer: a text, or JSON
own-question = What to ask you
toolbox-open = Open file
toolbox-create = Create file
toolbox-reload = Reload
toolbox-permission = Permission of { $name }
toolbox-asks-no = Doesn’t ask
toolbox-asks-first = Asks first
toolbox-asks-eachTime = Asks each time
toolbox-rule-ask = Asks first
toolbox-rule-always = Always allowed
toolbox-rule-never = Never allowed
toolbox-reset = Reset
toolbox-others = Other permissions
toolbox-notes = Notes
toolbox-notes-none = What you ask the model to remember is kept here, on this computer.
toolbox-note = Note of { $day }, { $time }
toolbox-note-delete = Delete the note “{ $note }”
toolbox-note-delete-title = Delete
