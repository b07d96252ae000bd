# The panel: the transcript and the tool calls.

panel-label = Conversation
panel-transcript = Transcript
panel-tools = Tools
panel-copy = Copy transcript
panel-copied = Copied

## Transcript

transcript-empty = Your conversation will appear here.
try = Things to try
try-hint = Say one of these, or click it.
try-interrupt = Talk over a reply to interrupt it.
try-time = What time is it?
try-sum = What is 12 times 7?
try-timer = Set a timer for ten seconds.
try-camera = What do you see?
try-search = What’s in the news today?
try-weather = What’s the weather in Tokyo?
try-story = Tell me a story in three sentences.
try-language = Teach me five words of Japanese.
try-explain = Why does a cello sound different from a guitar?
try-translate = Where is the nearest train station?
try-translate-slowly = Could you say that again, more slowly?
try-translate-market = How much are these apples?
transcript-earlier = Earlier messages are no longer kept.
turn-now = now
turn-language-title = The language that was recognised
turn-interrupted = Interrupted here
turn-unheard = { $count ->
        [one] 1 word not heard
       *[other] { $count } words not heard
    }
turn-show-all = Show all
turn-sources = Sources
turn-share = Share what { $speaker } said
turn-share-title = Share
turn-copy = Copy text
turn-save-picture = Save picture…
turn-save-sound = Save sound…

## What is said before a practice conversation

practice-note-online = You’re talking to a practice partner, not Gemini.
practice-note-offline = You’re talking to an offline practice partner, not Gemini.
practice-understands = It understands spoken English.
practice-understands-basic-voice = It understands spoken English and uses a basic voice.
practice-repeats = It answers typed messages and repeats what you say.
practice-repeats-basic-voice = It repeats what you say and uses a basic voice.
practice-uses-model = It uses the language model at { $host }, which receives what you say.
practice-download = Download…

## The transcript as it is read out and copied

announcement = { $speaker }: { $words }
announcement-interrupted = { $speaker }: { $words } Interrupted.
announcement-asks = { $question } Press T to review.
copied-turn = { $speaker }, { $time }
copied-interrupted = { $heard } [interrupted here]
copied-unheard = { $heard } [interrupted here, not heard: { $unheard }]
copied-call = [{ $call }: { $state }]

## Tool calls

tools-empty = Tool calls will appear here.
tools-running = Running
tools-finished = Finished
tools-waiting = Waiting for you
tools-count-waiting = { $count } waiting
tools-waiting-more = { $count ->
        [one] One more call waits.
       *[other] { $count } more calls wait.
    }
tools-review = Review
tools-review-title = Review (T)
tools-search = Search calls
tools-found = { $count ->
        [one] 1 call found
       *[other] { $count } calls found
    }
tools-none-found = No call matches.
tools-copy = Copy tool calls as JSON
tool-ask-title = Allow { $partner } to use { $name }?
tool-answer-title = { $partner } asks you something through { $name }
tool-ask-note = Saying yes aloud does not approve. Asked { $seconds } s ago.
tool-allow-once = Allow once
tool-allow-conversation = This conversation
tool-allow-always = Always allow
tool-allow-refuse = Not now
tool-allow-never = Never allow
tool-all-arguments = All arguments
tool-answer = Type the answer
tool-send = Send
tool-cancel = Cancel { $name }
tools-more = { $count } more
tools-show-earlier = Show earlier calls
tool-arguments = Arguments
tool-result = Result
tool-error = Error
tool-is-running = Running, { $seconds } s
tool-is-done = Done
tool-is-done-after = Done, { $time }
tool-is-failed = Failed
tool-is-failed-after = Failed, { $time }
tool-is-asking = Needs your permission
tool-is-answering = Needs your answer
tool-is-refused = Not allowed
tool-is-cancelled = Cancelled
