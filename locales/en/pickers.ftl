# The lists to choose from: voices and models.

## Voices

voices = Voices
voices-search = Search by name or tone
voices-none = No voice has these letters.
voices-found = { $count ->
        [one] 1 voice
       *[other] { $count } voices
    }
voice-unlisted = not in the list
voice-favourite = Favorite: { $voice }
voice-favourite-add = Add to favorites
voice-favourite-remove = Remove from favorites

## Samples of voices

sample-play = Play { $voice }
sample-stop = Stop { $voice }
sample-busy = Samples aren’t available during a conversation.
sample-imitation = Samples are imitations by this computer’s own voice. The model’s voices sound different.
sample-recording = Samples are recorded from the model once and kept on this computer.
sample-is-recorded = Recording { $voice }…
sample-is-prepared = Preparing { $voice }…
sample-plays = Playing { $voice }
sample-plays-imitation = Playing { $voice }, imitated

## Models

model-list = Models
model-id = Other model ID
model-id-placeholder = gemini-3.8-live
model-id-use = Use
models-unchecked = Check which models your key can use.
models-checked = { $count } available, as of { $day }.
models-refresh = Refresh models
models-checking = Checking…

## How a model stands

model-preview = Preview
model-deprecated = Deprecated
model-mayBeGone = May be gone
model-untried = Not tested
model-retired = Retired
model-unlisted = Not in Vivavoce’s list
model-not-in-account = Not in your account
model-successor = Use { $model }

## What a model can do

ability-speech = Speaks
ability-text = Replies in text only
ability-languages = { $count } languages
ability-pictures = Sees the camera
ability-thinking = Thinks
ability-search = Google Search
ability-tools = Tools
ability-translation = Translates live
ability-mood = Matches your mood
ability-proactive = Ignores side talk

## What a model costs

price-unknown = Price unknown
price-hour = About { $listening } an hour to listen, { $speaking } an hour to speak ({ $month })
price-hour-listening = About { $listening } an hour to listen ({ $month })
price-tokens = Per million tokens: { $parts }.
price-estimated = Some of these are estimates.
price-audio = audio { $input } in, { $output } out
price-audio-in = audio { $input } in
price-audio-out = audio { $output } out
price-text = text { $input } in, { $output } out
price-text-in = text { $input } in
price-text-out = text { $output } out
price-images = images { $input }
