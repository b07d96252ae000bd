# The stage: the camera or the visualizer, and the words on it.

stage-label = Conversation view

## Before the first conversation

stage-ready = Press Start to talk
stage-ready-hint = Your microphone is off until you press Start or Space.
stage-no-key = No API key yet: Start opens an offline practice conversation.
stage-add-key = Add API key…

local-offer-label = Language model on this computer
local-offer = Use { $model } from { $server }
local-offer-hint = A language model on this computer answers then, in place of the built-in answers.
local-offer-decline = Not now

## While a conversation begins, and when it is over

stage-connecting = Connecting…
stage-connecting-hint = Turning on your microphone.
stage-failed = Couldn’t start
stage-failed-hint = Your microphone and camera are off.
stage-ended = Conversation ended
stage-ended-hint = Starting a new one clears the transcript.

## While muted

stage-muted = You’re muted
stage-muted-hint = Press M to unmute
stage-muted-talking = You’re talking, but you’re muted

## Before the first words

stage-speak = Say something
stage-speak-hint = Your microphone is on. You can also type.
stage-hold = Hold Space to talk
stage-hold-hint = You can also type.
stage-type = Type something
stage-type-hint = No microphone is in use.

## Beside the visualizer

level-connecting = connecting
level-offline = offline
level-thinking = thinking
level-muted = muted
level-not-sending = not sending
level-turning-on = turning on
level-no-microphone = no microphone
level-quiet = quiet
level-good = good
level-loud = too loud
level-speaking = speaking
voice-with-tone = { $voice }, { $tone }

## Camera

camera-preview = Your camera, mirrored for you
camera-turning-on = Turning on camera…
camera-mirrored = Mirrored for you only
frames-sending = Sending 1 frame per second
frames-waiting = Not sent until you start
frames-paused = Paused while reconnecting

## Speaker test

check-offer-label = Speaker test
check-offer-start = Test speakers
check-offer-done = Done
check-start = Test
check-again = Test again
check-progress = Speaker test
check-turning-on = Turning on devices…
check-playing = Playing test tones. Please stay quiet.
check-busy = Not available during a conversation.
check-no-devices = Choose a microphone and a speaker first.
check-good = Speakers work well
check-good-hint = You can interrupt replies.
check-half-duplex = Too much echo
check-half-duplex-hint = Your microphone pauses while { $speaker } plays. Use headphones or lower the volume.
check-no-echo = No echo
check-no-echo-hint =
    { $microphone } doesn’t pick up { $speaker }. This is expected with headphones.
    If you heard nothing, raise the volume or choose another speaker.
check-nothing = No sound from { $microphone }
check-nothing-hint = Check its mute switch and your privacy settings.
check-delay = Delay { $ms } ms
check-suppression = Echo reduced by { $amount }
