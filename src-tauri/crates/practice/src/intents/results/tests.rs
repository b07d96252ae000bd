//! Results, errors and the app's own answers, as sentences.

use super::*;

fn told(name: &str, response: &Value, asked: &str, place: Option<&str>) -> String {
    let note = CallNote { asked: asked.into(), place: place.map(str::to_owned), ..CallNote::default() };
    sentence_of(name, response, &note.to_value())
}

#[test]
fn results_of_others_become_plain_sentences() {
    for (name, response, sentence) in [
        ("get_weather", json!({"output": "Clear, 21 degrees."}), "Clear, 21 degrees."),
        (
            "list_allowed_directories",
            json!({"output": "Allowed directories:\n/tmp/p"}),
            "Allowed directories: /tmp/p.",
        ),
        ("get_battery_level", json!({"output": 87}), "The battery level is 87."),
        (
            "get_battery_level",
            json!({"level_percent": 87, "charging": false}),
            "The battery level is 87 percent and it is not charging.",
        ),
        (
            "get_stock_price",
            json!({"symbol": "AAPL", "price": 231.5, "currency": "USD"}),
            "The price is 231.5 dollars.",
        ),
        (
            "list_events",
            json!({"events": [{"title": "Dentist", "start": "2026-11-27T09:30:00Z"}, {"title": "Lunch"}]}),
            "I found 2 events: Dentist on Friday, 27 November at 9:30 in the morning and Lunch.",
        ),
        (
            "get_shopping_list",
            json!({"items": ["milk", "eggs", "bread"]}),
            "I found 3 things: milk, eggs and bread.",
        ),
        ("get_shopping_list", json!({"items": []}), "I found nothing."),
        ("turn_on_light", json!({"ok": true}), "Done."),
        ("turn_on_light", json!({"status": "success"}), "Done."),
        ("turn_on_light", json!({}), "Done."),
        ("get_door", json!({"is_open": false}), "It is not open."),
        ("get_door_status", json!({"output": "LOCKED"}), "The door status is locked."),
        (
            "next_train",
            json!({"result": {"departure": "2026-11-22T18:05:00+01:00", "platform": 4}}),
            "The departure is Sunday, 22 November at 6:05 in the evening and the platform is 4.",
        ),
        ("f", json!({"output": {"summary": "Fog in the valley.", "code": 45}}), "Fog in the valley."),
        (
            "f",
            json!({"output": "**Bold** [link](https://x.example/a_b) at 2026-11-27"}),
            "Bold at Friday, 27 November 2026.",
        ),
    ] {
        assert_eq!(told(name, &response, "", None), sentence, "{response}");
    }
}

#[test]
fn errors_are_told_as_a_person_tells_them() {
    for (name, response, sentence) in [
        (
            "get_weather",
            json!({"error": "the weather service open-meteo.com could not be asked: the connection failed"}),
            "I couldn't reach the weather service just now.",
        ),
        (
            "get_weather",
            json!({"error": "no place called \"Nowhereville\" was found; try the name of a larger place nearby"}),
            "I couldn't find a place called Nowhereville.",
        ),
        (
            "get_current_time",
            json!({"error": "there is no time zone \"Mars/Base\"; use an IANA name"}),
            "I don't know the time there. A larger city nearby may help.",
        ),
        ("x", json!({"error": {"code": 403, "message": "PERMISSION_DENIED"}}), "I'm not allowed to do that."),
        (
            "x",
            json!({"success": false, "message": "The door is jammed."}),
            "That didn't work: the door is jammed.",
        ),
        ("x", json!({"error": "TypeError: undefined is not a function"}), "I'm sorry, that didn't work."),
        ("x", json!({"error": "no network"}), "I couldn't reach that service just now."),
        ("x", json!({"error": {"code": -1}}), "I'm sorry, that didn't work."),
    ] {
        assert_eq!(told(name, &response, "", None), sentence, "{response}");
    }
}

#[test]
fn the_apps_own_results_answer_what_was_asked() {
    let tokyo = json!({"time": "2026-11-21T21:05:00+09:00", "weekday": "Saturday", "timezone": "Asia/Tokyo"});
    assert_eq!(
        told("t", &tokyo, "What time is it in Tokyo", Some("Tokyo")),
        "It's 9:05 in the evening in Tokyo, Saturday."
    );
    assert_eq!(told("t", &tokyo, "what time is it", None), "It's 9:05 in the evening.");
    assert_eq!(told("t", &tokyo, "", None), "It's 9:05 in the evening in Tokyo, Saturday.");
    let weather = |conditions: &str, rain: f64| {
        json!({
            "place": "Oslo, Norway", "conditions": conditions, "temperature": 19.2, "temperature_unit": "°C",
            "wind_speed": 9.0, "wind_speed_unit": "km/h", "humidity_percent": 60.0, "local_time": "2026-11-22T14:00",
            "forecast": [
                {"date": "2026-11-22", "conditions": "rain", "high": 20.0, "low": 11.0, "rain_chance_percent": rain},
                {"date": "2026-11-23", "conditions": "light rain", "high": 9.0, "low": -2.0, "rain_chance_percent": 70.0}
            ],
            "source": "Open-Meteo.com"
        })
    };
    for (asked, sentence) in [
        ("What's the weather in Oslo", "In Oslo it's 19 degrees and partly cloudy, with a light wind."),
        ("", "In Oslo it's 19 degrees and partly cloudy, with a light wind."),
        ("Is it cold in Oslo", "No. In Oslo it's 19 degrees and partly cloudy."),
        (
            "do I need an umbrella in Oslo",
            "No, you won't need an umbrella. In Oslo it's partly cloudy, and the chance of rain is 10 percent today.",
        ),
        ("will it rain in Oslo tomorrow", "Rain is likely in Oslo tomorrow, with a chance of 70 percent."),
        (
            "weather in Oslo tomorrow",
            "In Oslo it will be between minus 2 and 9 degrees and raining lightly tomorrow.",
        ),
        ("how windy is it in Oslo", "There's a light wind in Oslo right now."),
    ] {
        assert_eq!(told("get_weather", &weather("partly cloudy", 10.0), asked, None), sentence, "{asked}");
    }
    let wet = told("get_weather", &weather("heavy rain", 90.0), "will it rain", None);
    assert_eq!(wet, "Yes, take an umbrella. In Oslo it's 19 degrees and raining hard.");
}

#[test]
fn the_weather_of_days_ahead_is_told_by_their_names() {
    // A Wednesday.
    let days = [
        ("2026-11-25", "partly cloudy", 9.0, 3.0, 10.0),
        ("2026-11-26", "light rain", 8.0, 4.0, 70.0),
        ("2026-11-27", "clear sky", 6.0, -1.0, 0.0),
        ("2026-11-28", "overcast", 5.0, 1.0, 20.0),
        ("2026-11-29", "light snow", 1.0, -4.0, 55.0),
        ("2026-11-30", "overcast", 2.0, -3.0, 10.0),
        ("2026-12-01", "overcast", 3.0, -2.0, 15.0),
    ];
    let forecast = |count: usize| {
        let all = days.iter().take(count).map(|(date, conditions, high, low, rain)| {
            json!({
                "date": date, "conditions": conditions, "high": high, "low": low, "rain_chance_percent": rain,
                "max_wind_speed": 25.0
            })
        });
        json!({
            "place": "Oslo, Norway", "local_time": "2026-11-25T14:00", "conditions": "partly cloudy", "temperature": 7.2,
            "temperature_unit": "°C", "wind_speed": 9.0, "wind_speed_unit": "km/h", "forecast": all.collect::<Vec<_>>()
        })
    };
    for (asked, sentence) in [
        ("weather on Friday", "In Oslo it will be between minus 1 and 6 degrees and clear on Friday."),
        ("will it rain on Saturday", "Probably not: the chance of rain in Oslo on Saturday is 20 percent."),
        (
            "do I need a coat on Sunday",
            "A warm coat is a good idea. In Oslo it will be between minus 4 and 1 degree and snowing lightly on Sunday.",
        ),
        ("how windy will it be tomorrow", "There will be a fresh wind in Oslo tomorrow."),
        (
            "what will the weekend be like",
            "In Oslo it will be between 1 and 5 degrees and overcast on Saturday, and between minus 4 and 1 degree and snowing lightly on Sunday.",
        ),
        (
            "weather next week",
            "In Oslo it will be between minus 3 and 2 degrees and overcast on Monday, and between minus 2 and 3 degrees and overcast on Tuesday. The forecast ends on Tuesday, 1 December.",
        ),
        (
            "weather for the next five days",
            "In Oslo it will be between minus 4 and 8 degrees over the next 5 days, with rain likely on Thursday.",
        ),
        ("will it snow this week", "Snow is likely in Oslo on Sunday."),
        ("is it going to rain this weekend", "No rain, but snow is likely on Sunday."),
        (
            "weather at Christmas",
            "That's further ahead than I can see: the forecast for Oslo ends on Tuesday, 1 December.",
        ),
        (
            "what was the weather yesterday",
            "I only know the weather from now on. In Oslo it's 7 degrees and partly cloudy, with a light wind.",
        ),
        ("weather today", "In Oslo it's 7 degrees and partly cloudy, with a light wind."),
    ] {
        assert_eq!(told("get_weather", &forecast(7), asked, None), sentence, "{asked}");
    }
    assert_eq!(
        told("get_weather", &forecast(3), "weather on Sunday", None),
        "That's further ahead than I can see: the forecast for Oslo ends the day after tomorrow."
    );
    assert_eq!(
        told("get_weather", &forecast(1), "weather tomorrow", None),
        "I only know the weather right now. In Oslo it's 7 degrees and partly cloudy, with a light wind."
    );
    // A forecast of others, without dates.
    let undated = json!({
        "place": "Oslo", "conditions": "overcast", "temperature": 7.0,
        "forecast": [{"high": 8.0, "conditions": "overcast"}, {"high": 4.0, "conditions": "snow"}]
    });
    assert_eq!(
        told("weather", &undated, "weather tomorrow", None),
        "In Oslo it will be 4 degrees and snowing tomorrow."
    );
}

#[test]
fn a_huge_or_odd_result_is_cut_and_said_all_the_same() {
    let huge = json!({"output": vec![vec!["word"; 1_000]; 1_000]});
    assert!(sentence_of("f", &huge, &Value::Null).chars().count() <= MOST_CHARS + 1);
    let mut deep = json!("x");
    for _ in 0..200 {
        deep = json!({"inner_value": [deep]});
    }
    for odd in
        [deep, json!([]), json!([[]]), json!({"a": null}), json!("\u{1b}[31m"), json!({"x": {"y": {}}})]
    {
        let said = sentence_of("get_it", &odd, &json!({"asked": 3}));
        assert!(!said.is_empty() && !said.contains(['{', '[', '_', '\u{1b}']), "{said}");
    }
}

#[test]
fn what_was_to_be_said_then_follows_the_result() {
    let note = CallNote { then: "And 2 plus 2 is 4.".into(), ..CallNote::default() };
    assert_eq!(sentence_of("f", &json!({"ok": true}), &note.to_value()), "Done. And 2 plus 2 is 4.");
}
