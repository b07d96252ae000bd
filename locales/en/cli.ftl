### What the command line prints beside the transcript and the errors.

## talk

talk-practice = Talking to the practice partner on this computer, not Gemini. { $models }
talk-last-words = Waiting for the last words. Press Ctrl-C again to end at once.
talk-no-question = There is no microphone and no --text, so nothing will be answered.
call-needs-leave = start again with --allow { $name } or --allow-all
talk-no-answer = No answer for three minutes.
name-gemini = Gemini
name-practice = Practice
name-server = Server
name-you = You

## The practice partner’s speech models

partner-speaks-and-hears = It understands spoken English and has a natural voice.
partner-speaks = It has a natural voice, but understands only typed text: speech recognition is not installed.
partner-hears = It understands spoken English and has a basic voice: the natural one is not installed.
partner-neither = It understands only typed text and has a basic voice: the speech models are not installed.
partner-llm = It uses the language model { $model } at { $url }.

## serve

serve-listening = ws://{ $address } is the practice partner, not Gemini. Press Ctrl-C to stop.
serve-sdk-any-key = Google’s SDKs connect to the base URL http://{ $address } with any key. See `vivavoce serve --help`.
serve-sdk-own-key = Google’s SDKs connect to the base URL http://{ $address } with the key that you set. See `vivavoce serve --help`.
serve-key-visible = Everyone on this computer can read --key in the list of processes. Set VIVAVOCE_SERVE_KEY instead.
serve-llm-open = Every program on this computer can use the language model through this server, and its key is billed. Set VIVAVOCE_SERVE_KEY to let in only those that know it.
serve-pictures = Can’t save the pictures: { $error }. Choose a folder that you can write to.
serve-pictures-missing = Pictures that could not be kept in { $folder }: { $count }. The disk may be full or too slow.
serve-script = Its answers are those of { $file } first.
serve-replay = It plays the recording { $file }, whatever it is asked.
serve-record = Can’t record to { $file }: { $error }
serve-record-exists = There is a recording in { $file } already. Give another name, or --overwrite.
serve-record-cut = The recording in { $file } is not whole. Lines with “leftOut” say where frames are missing.
serve-port = Can’t listen on { $address }: { $error }
serve-signals = Can’t wait for Ctrl-C: { $error }
serve-stopped = The server stopped by itself. This is a bug in Vivavoce. Please report it.
serve-ending = Finishing the replies, for ten seconds at most. Press Ctrl-C again to end at once.

script-unreadable = Can’t read the script { $file }: { $error }
script-mistake = { $file }, line { $line }: { $problem }
recording-no-json = This line of a recording is no JSON object: { $error }.
recording-no-frame = A line with “dir” has to say "sent" or "received", and have a “frame”, a “text” or a “close”.
recording-empty = This recording has nothing that a client received.
script-syntax = This is no TOML: { $error }.
script-unknown-name = “{ $name }” is not known here. Known are: { $known }.
script-wrong-kind = “{ $name }” has to be { $wanted }.
script-wanted-text = a text in quotes
script-wanted-whole = a whole number
script-wanted-seconds = a number of seconds
script-wanted-true = true, or left out
script-wanted-false = false, or left out
script-wanted-steps = a list of steps, such as [{ "{" } say = "Hello." { "}" }]
script-wanted-table = a table, such as { "{" } text = "hello" { "}" }
script-wanted-tables = written as [[turn]] or [[connection]]
script-wanted-whole-or-true = a whole number or true
script-wanted-text-or-true = a function’s name or true
script-wanted-whole-or-always = a whole number or "always"
script-wanted-practice-or-steps = "practice" or a list of steps
script-out-of-range = “{ $name }” has to be between { $least } and { $most }.
script-too-long = “{ $name }” may have a length of { $most } at most.
script-too-many = There may be { $most } in “{ $name }” at most.
script-missing = “{ $name }” is missing or empty.
script-bad-name = “{ $name }” can’t be a function’s name: letters, digits and _ . : - only, no digit first.
script-not-one-step = A step is one of these, in braces: { $known }.
script-only-in-turns = “{ $name }” belongs to a [[turn]]. A connection does not talk.
script-excludes = “{ $name }” and “{ $other }” don’t go together. Remove one of them.
script-bad-close-code = No close frame may have this code. Use 1000 to 1003, 1007 to 1014, or 3000 to 4999; { "{" } cut = true { "}" } ends without one.
script-bad-base64 = This is no base64. Write the bytes in its standard alphabet.
script-after-the-end = The step before ends the turn, so this one never comes. Remove it, or move it up.

## doctor

doctor-begin = Testing microphone, speaker (a soft tone), camera and the rest…
doctor-no-microphone-wanted = off, as set
doctor-no-speaker-wanted = off, as set
doctor-microphone-zeros = { $device } sends only silence
    .explanation = Check its mute switch and your system’s privacy settings.
doctor-microphone-quiet = { $device }: { $level } dBFS, peak { $peak } (quiet now; speak to see it rise)
doctor-microphone-heard = { $device }: { $level } dBFS, peak { $peak } (a voice or noise is heard)
doctor-speaker-stuck = { $device } played { $heard } of { $wanted } ms of a tone
    .explanation = It hardly plays. Choose another speaker, or restart the sound server.
doctor-speaker = { $device }: { $heard } ms of a tone at { $peak } dBFS
doctor-this-device = the device
doctor-camera = { $device }: { $width } × { $height }, sent as { $sent-width } × { $sent-height }
doctor-camera-nothing = The camera gave no picture
    .explanation = Try another camera. You can talk without one.
doctor-slow = No answer within { $seconds } s
    .explanation = Something in the system hangs. Try again, or restart the service.
doctor-thread = its task stopped
doctor-keyring = works
doctor-keyring-none = no keyring service is running
    .explanation = Keys that you enter are forgotten when you quit. Start a keyring such as GNOME Keyring or KWallet.
doctor-keyring-refused = doesn’t keep what it is given
    .explanation = Keys that you enter are forgotten when you quit. Unlock the keyring.
doctor-keyring-silent = doesn’t answer
    .explanation = Restart the system’s keyring service.
doctor-not-tried = not tried (--offline)
doctor-network = { $host } can be reached
doctor-key-not-needed = not needed by the practice partner
doctor-key-none = none, so Start opens an offline practice conversation
    .explanation = Create a key at https://aistudio.google.com/apikey and paste it into the window, or set GEMINI_API_KEY.
doctor-key-keyring = in the keyring
doctor-key-environment = in the environment
doctor-key-session = for this run
doctor-key-credentials = the system’s credentials
doctor-key-optional = none, and the server may not need one
doctor-key-not-tried = { $place }; not tried (--offline)
doctor-key-works = { $place }; accepted
doctor-key-unknown = { $place }; a conversation will show whether it works
doctor-llm = { $place } can be reached. A question will show whether it has { $model }.
doctor-llm-missing = { $place } can’t be reached
    .explanation = Start the language model’s server. Until then the practice partner gives its built-in answers.
doctor-local-none = no language model was found on this computer
doctor-local = { $server } at { $url }: { $models }
doctor-local-empty = { $server } at { $url }: it has no model that can talk
doctor-local-locked = { $server } at { $url }: it wants a key before it lists its models
local-model = { $model } ({ $facts })
tools-imported = MCP servers added to { $file }: { $count }; secrets kept in the keyring: { $secrets }
tools-import-kept = { $server } was there already and stays as it was
doctor-mcp = { $server }: runs, tools: { $count }
doctor-mcp-disabled = { $server }: switched off in the file
doctor-mcp-failed = { $server } doesn’t run
    .explanation = Fix its entry in the file, or remove it. You can talk without it.
doctor-assets-missing = { $missing } of { $all } files are missing ({ $megabytes } MB)
    .explanation = Download them in the window, or with `vivavoce-assets fetch`. Until then the practice partner has a basic voice, or understands only typed text.
doctor-assets-damaged = { $file } is damaged
    .explanation = Delete it and download it again with `vivavoce-assets fetch`.
doctor-assets-unreadable = { $error }
    .explanation = Check that you may read this file.

## devices

devices-no-microphone = No microphone found.
devices-no-speaker = No speaker found.
devices-no-camera = No camera found.

## The program

stdout-failed = Can’t write to standard output: { $error }
panic = Something in Vivavoce failed. This is a bug in Vivavoce. Please report it with these details.
threads-failed = Vivavoce can’t start its threads: { $error }
window-failed = Can’t open the window: { $error }
window-no-display = Vivavoce can’t open its window: { $reason }. `vivavoce talk` works without one.
voice-sample = Hello, I’m { $voice }. What would you like to talk about today?
voice-sample-instructions = Read the next message aloud, exactly as it is written, in a friendly tone. Say nothing else.
save-sound-title = Save sound (.wav or .flac)
save-sound-filter = Sound (.wav, .flac)
save-picture-title = Save picture (.png)
save-picture-filter = Picture (.png)
choose-asset-title = Choose a speech model file
import-servers-title = Choose another program’s file of MCP servers
import-servers-filter = MCP servers (.json)

no-display-reached = the display { $display } can’t be reached
no-display-named = there is no display (neither WAYLAND_DISPLAY nor DISPLAY is set)
llm-key-withheld = The key in VIVAVOCE_THINK_KEY is not sent to { $url }, because a file names that server. If the key is meant for it, set { $variable } to its address, or use --think.
