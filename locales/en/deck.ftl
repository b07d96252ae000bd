# The deck: Start and End, what is sent, typing, and the statistics.

deck-start = Start
deck-end = End

## Microphone and camera

deck-sends = Microphone and camera
deck-mute = Mute
deck-mute-title = Mute (M)
deck-camera = Camera
deck-camera-title = Camera (V)
deck-camera-before-start = Turn on camera when you start (V)
deck-choose-microphone = Choose microphone
deck-choose-camera = Choose camera

## Push to talk

hold = Hold to talk
key-space = Space
hold-title = Hold to talk (Space)
hold-release = Release to send
hold-connecting = Sent once connected

## Typing

composer-label = Type a message
composer-placeholder = Type a message…
composer-before-start = Type to start…
composer-send = Send
composer-send-title = Send (Enter)

## Statistics

figures = Statistics
figure-microphone = Microphone
figure-speaker = Speaker
figure-reply = Reply
figure-silence = Silence skipped
figure-silence-value = { $time } ({ $size })
figure-frames = Frames sent
figure-connection = Connection
figure-connection-lost = lost
figure-connection-soon = Reconnecting soon
