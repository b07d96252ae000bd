# The window as a whole: names, phases, the header, units.

## The other side

window-name = Vivavoce
partner-gemini = Gemini
partner-practice = Practice partner
partner-custom = Assistant
speaker-you = You

## Where the other side is, in the line under the deck

place-gemini = Gemini
place-vertex = Gemini, Vertex AI
place-practice-offline = Practice, offline
place-practice-online = Practice, using { $host }
place-custom = Custom server, { $host }

## Phases, in the header

phase-ready = Ready
phase-connecting = Connecting
phase-listening = Listening
phase-push-to-talk = Push to talk
phase-thinking = Thinking
phase-working = Working: { $name }
phase-working-more = Working: { $name } and { $count } more
phase-speaking = Speaking
phase-reconnecting = Reconnecting
phase-muted = Muted
phase-ended = Ended
phase-failed = Couldn’t start

## Header

header-model = Model
header-voice = Voice
header-settings = Settings
header-practice-offline = Practice partner · offline
header-practice-online = Practice partner · { $host }

## Buttons that several places have

other = Other…
details = Details
dismiss = Dismiss
cancel = Cancel
close = Close
close-title = Close (Esc)

## Units

milliseconds = { $ms } ms
seconds = { NUMBER($seconds, minimumFractionDigits: 1, maximumFractionDigits: 1) } s
megabytes = { $count } MB
kilobytes = { $count } KB
percent = { $value } %
decibels = { $db } dB
decibels-at-least = { $db } dB or more

## Devices and choices

device-default = System default
device-missing = { $name } (not found)

## The first steps

intro-title = Four steps to a conversation
intro-hint = Nothing is turned on before its own step, and everything can be changed later in Settings.
intro-later = Set up later
intro-continue = Continue
intro-finish = Done
intro-done = done
intro-privacy = What leaves this computer
intro-privacy-summary = Your voice while you talk, and images only if you turn on the camera
intro-privacy-voice = Your voice goes to Google’s Gemini while a conversation runs and you aren’t muted. So does what you type.
intro-privacy-camera = One image per second is sent while the camera is on. It is off until you turn it on.
intro-privacy-practice = The practice partner runs on this computer. Only weather questions, and a language model that you set up, use the network.
intro-privacy-key = Your API key is kept in the system’s keyring and sent only to Google.
intro-key = API key
intro-key-summary = Optional; needed for Gemini
intro-key-keyring = Saved in the system’s keyring
intro-key-environment = Found in the environment
intro-key-session = Kept until you close Vivavoce
intro-key-token = Ephemeral token, kept until you close Vivavoce
intro-without-key = Try without a key
intro-sound = Microphone and speakers
intro-sound-summary = A five-second test for echo
intro-sound-done = Tested with { $microphone }
intro-camera = Camera
intro-camera-summary = Optional, off
intro-camera-on = On when you start

## A part of the window that fails

part-failed = This part of the window stopped working.
part-reload = Reload
window-failed = This window stopped working
window-failed-running = Your conversation is still running.
window-failed-bug = This is a bug in Vivavoce.
window-reload = Reload
window-end = End conversation
