# Notices, and the banner while the connection is lost.

notices-more = { $count } more
notices-fewer = Show fewer

## What their buttons do

hint-tryAgain = Try again
hint-askAgain = Ask again
hint-startFresh = Start fresh, keep the transcript
hint-enterKey = Add API key
hint-replace-key = Replace API key
hint-getKey = Get API key
hint-openBilling = Open billing
hint-practice = Practice offline
hint-chooseMicrophone = Choose microphone
hint-chooseSpeaker = Choose speaker
hint-chooseCamera = Choose camera
hint-chooseModel = Choose model
hint-useModel = Use another model
hint-use-this-model = Use { $model }
hint-choosePartner = Change connection
hint-chooseProxy = Change proxy
hint-checkKey = Test again
hint-openSettings = Open settings
hint-showInFolder = Show in folder
hint-save-again = Save again…

## An error of the page itself

bug = Something went wrong
    .explanation = This is a bug in Vivavoce. Please report it with these details. Your conversation may continue.

## Reconnecting

reconnecting = Connection
reconnecting-wait = { $attempt ->
        [1] Connection lost. Retrying in { $seconds } s.
       *[other] Connection lost. Retrying in { $seconds } s (attempt { $attempt }).
    }
reconnecting-now = { $attempt ->
        [1] Connection lost. Retrying…
       *[other] Connection lost. Retrying… (attempt { $attempt })
    }
reconnecting-keep-talking = Keep talking. Your speech is sent once you’re reconnected.
reconnecting-saved = { $time } of your speech will be sent when you’re reconnected.
reconnecting-progress = Time until the next attempt
