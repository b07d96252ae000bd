# The window as a whole: names, phases, the header, units.

## The other side

window-name = Vivavoce
partner-gemini = Gemini
partner-rehearsal = Practice partner
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
model-with-notes = { $model } ({ $notes })
model-not-in-account = not in your account

## A part of the window that fails

part-failed = This part of the window stopped working.
part-reload = Reload
window-failed = This window stopped working
window-failed-running = Your conversation is still running.
window-failed-bug = This is a bug in Vivavoce.
window-reload = Reload
window-end = End conversation
