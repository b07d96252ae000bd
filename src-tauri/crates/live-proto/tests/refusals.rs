//! Compares what is sent for the whole grid with the table of what each model refuses. The check itself uses neither
//! the catalogue nor `build_setup`.

mod grid;
mod table;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use table::{ENUMS, FIELDS, MAY_BE_EMPTY, NUMBERS, RULES, Rule, Thinking, rule_of};

/// Collects the errors of one line.
struct Check<'a> {
    line: &'a Value,
    setup: &'a Value,
    faults: Vec<String>,
}

impl Check<'_> {
    fn must(&mut self, holds: bool, what: &str) {
        if !holds {
            self.faults.push(what.to_owned());
        }
    }

    fn at(&self, pointer: &str) -> Option<&Value> {
        self.setup.pointer(pointer)
    }

    fn is_true(&self, pointer: &str) -> bool {
        self.at(pointer) == Some(&json!(true))
    }

    /// Allows only known names, no meaningless empty values and no `null`.
    fn shape(&mut self, value: &Value, pointer: &str) {
        match value {
            Value::Object(fields) => {
                if let Some((_, known)) = FIELDS.iter().find(|(place, _)| *place == pointer) {
                    self.fields(fields, known, pointer);
                }
            }
            Value::Array(list) => {
                self.must(!list.is_empty(), &format!("{pointer} is an empty list"));
                for item in list {
                    self.shape(item, pointer);
                }
            }
            Value::Null => self.must(false, &format!("{pointer} is null")),
            Value::String(text) => self.must(!text.is_empty(), &format!("{pointer} is empty")),
            Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn fields(&mut self, fields: &Map<String, Value>, known: &[&str], pointer: &str) {
        let is_whole = !fields.is_empty() || MAY_BE_EMPTY.contains(&pointer);
        self.must(is_whole, &format!("{pointer} is empty"));
        for (name, value) in fields {
            let place = format!("{pointer}/{name}");
            self.must(known.contains(&name.as_str()), &format!("{place} is not known"));
            self.shape(value, &place);
        }
    }

    fn values(&mut self) {
        for (pointer, values) in ENUMS {
            let value = self.line.pointer(&format!("/frames/0{pointer}")).cloned();
            let fits = value.is_none_or(|it| it.as_str().is_some_and(|it| values.contains(&it)));
            self.must(fits, &format!("{pointer} is not among its values"));
        }
        for (pointer, least, most) in NUMBERS {
            let value = self.line.pointer(&format!("/frames/0{pointer}")).cloned();
            let fits = value.is_none_or(|it| it.as_f64().is_some_and(|it| (*least..=*most).contains(&it)));
            self.must(fits, &format!("{pointer} is out of bounds"));
        }
    }

    fn rules(&mut self) {
        let model = self.at("/model").and_then(Value::as_str).unwrap_or_default().to_owned();
        let is_vertex = self.line["profile"]["endpoint"] == "vertex";
        let prefix = if is_vertex { "projects/" } else { "models/" };
        self.must(model.starts_with(prefix), "the model's name is not whole");
        let rule = rule_of(&model);
        self.modality(rule);
        self.thinking(rule);
        self.moods(rule, is_vertex);
        self.tools(rule);
        self.turns();
        self.session(is_vertex);
        self.instructions();
    }

    fn modality(&mut self, rule: &Rule) {
        let modalities = self.at("/generationConfig/responseModalities");
        self.must(modalities == Some(&json!([rule.modality])), "not exactly the one modality");
        let voice = self.at("/generationConfig/speechConfig").is_some();
        self.must(!voice || rule.modality == "AUDIO", "a voice for a written reply");
        let written = self.at("/outputAudioTranscription").is_some();
        self.must(!written || rule.modality == "AUDIO", "a transcript of a written reply");
        let language = self.at("/generationConfig/translationConfig/targetLanguageCode").is_some();
        self.must(language == rule.translates, "a target language is for translators, and they need one");
    }

    fn thinking(&mut self, rule: &Rule) {
        let config = self.at("/generationConfig/thinkingConfig");
        let level = config.and_then(|config| config["thinkingLevel"].as_str());
        let budget = config.is_some_and(|config| config.get("thinkingBudget").is_some());
        let fits = match &rule.thinking {
            Thinking::Never => config.is_none(),
            Thinking::Level { levels, required } => {
                !budget && level.map_or(!required, |level| levels.contains(&level))
            }
            Thinking::Budget => level.is_none(),
        };
        self.must(fits, "thinking as the model refuses it");
    }

    fn moods(&mut self, rule: &Rule, is_vertex: bool) {
        let affective = self.at("/generationConfig/enableAffectiveDialog").is_some();
        let proactive = self.at("/proactivity").is_some();
        let any = affective || proactive;
        self.must(rule.moods || !any, "affective or proactive on a model that refuses it");
        self.must(!proactive || self.is_true("/proactivity/proactiveAudio"), "proactivity switched off");
        let path = self.line["path"].as_str().unwrap_or_default().to_owned();
        let version = if is_vertex {
            ".v1beta1."
        } else if any {
            ".v1alpha."
        } else {
            ".v1beta."
        };
        self.must(path.contains(version), "another version of the API");
        self.must(path.contains("BidiGenerateContent") && path.starts_with("/ws/google."), "no path");
    }

    fn tools(&mut self, rule: &Rule) {
        let tools = self.at("/tools").and_then(Value::as_array).cloned().unwrap_or_default();
        for tool in &tools {
            self.must(tool.as_object().is_some_and(|tool| tool.len() == 1), "several kinds in one tool");
        }
        let searches = tools.iter().any(|tool| tool.get("googleSearch").is_some());
        self.must(!searches || rule.search, "a search that the model refuses");
        for function in tools.iter().filter_map(|tool| tool["functionDeclarations"].as_array()).flatten() {
            let behavior = function["behavior"].as_str();
            let fits = behavior.map_or(!rule.explicit, |behavior| rule.behaviors.contains(&behavior));
            self.must(fits && !rule.behaviors.is_empty(), "a function as the model refuses it");
            let name = function["name"].as_str().unwrap_or_default();
            let first = |c: char| c.is_ascii_alphabetic() || c == '_';
            let rest = |c: char| c.is_ascii_alphanumeric() || "_.:-".contains(c);
            let fits = name.len() <= 128 && name.starts_with(first) && name.chars().all(rest);
            self.must(fits, "a function's name");
            let both = function.get("parameters").is_some() && function.get("parametersJsonSchema").is_some();
            self.must(!both, "parameters twice");
        }
    }

    fn turns(&mut self) {
        let detection = self.at("/realtimeInputConfig/automaticActivityDetection");
        let fields = detection.and_then(Value::as_object).map_or(0, Map::len);
        if detection.is_some_and(|detection| detection.get("disabled").is_some()) {
            let disabled = self.is_true("/realtimeInputConfig/automaticActivityDetection/disabled");
            self.must(disabled && fields == 1, "detection is off and set all the same");
        }
    }

    fn session(&mut self, is_vertex: bool) {
        let transparent = self.at("/sessionResumption/transparent").is_some();
        self.must(is_vertex || !transparent, "transparent resumption off Vertex AI");
    }

    fn instructions(&mut self) {
        let Some(instruction) = self.at("/systemInstruction") else { return };
        let parts = instruction["parts"].as_array().cloned().unwrap_or_default();
        let is_paragraph = |part: &Value| {
            let text = part["text"].as_str().unwrap_or_default();
            !text.contains("\n\n") && !text.contains('\r') && text.trim() == text
        };
        self.must(!parts.is_empty() && parts.iter().all(is_paragraph), "not one paragraph per part");
    }
}

fn faults(line: &Value) -> Vec<String> {
    let frames = line["frames"].as_array().expect("frames");
    assert_eq!(frames.len(), 1);
    let mut check = Check { line, setup: &frames[0]["setup"], faults: Vec::new() };
    check.shape(&frames[0], "");
    check.values();
    check.rules();
    check.faults
}

#[test]
fn nothing_on_the_grid_is_refused() {
    let lines: Vec<Value> = grid::profiles().iter().map(grid::Profile::line).collect();
    assert!(lines.len() >= 100, "{}", lines.len());
    let wrong: Vec<String> = lines
        .iter()
        .map(|line| (line, faults(line)))
        .filter(|(_, faults)| !faults.is_empty())
        .map(|(line, faults)| format!("{faults:?}: {line}"))
        .take(20)
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Shows that the grid is complete, and that the rules above were not met by sending nothing.
#[test]
fn the_grid_reaches_every_field_and_every_value() {
    let lines: Vec<Value> = grid::profiles().iter().map(grid::Profile::line).collect();
    let mut reached = BTreeSet::new();
    for line in &lines {
        walk(&line["frames"][0], "", &mut reached);
    }
    for (place, fields) in FIELDS {
        // No function of the app gives JSON Schema.
        for field in fields.iter().filter(|field| **field != "parametersJsonSchema") {
            assert!(reached.contains(&format!("{place}/{field}")), "{place}/{field} is never sent");
        }
    }
    // Barge-in is the default and is not sent.
    for (place, value) in ENUMS.iter().flat_map(|(place, values)| values.iter().map(move |it| (place, it))) {
        let said = reached.contains(&format!("{place}={value}"));
        assert!(said || *value == "START_OF_ACTIVITY_INTERRUPTS", "{place} is never {value}");
    }
    for rule in RULES {
        for id in rule.ids {
            let name = format!("models/{id}");
            assert!(
                lines.iter().any(|line| line["frames"][0]["setup"]["model"] == name),
                "{id} is not tried"
            );
        }
        if let Thinking::Level { levels, .. } = rule.thinking {
            for level in levels {
                let place = format!("/setup/generationConfig/thinkingConfig/thinkingLevel={level}");
                assert!(reached.contains(&place), "{level} is never sent");
            }
        }
    }
}

fn walk(value: &Value, place: &str, reached: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let place = format!("{place}/{name}");
                reached.insert(place.clone());
                walk(value, &place, reached);
            }
        }
        Value::Array(list) => list.iter().for_each(|item| walk(item, place, reached)),
        Value::String(text) => {
            reached.insert(format!("{place}={text}"));
        }
        _ => {}
    }
}

/// The check finds errors.
#[test]
fn a_refused_setup_is_found() {
    let line = |model: &str, path: &str, more: Value| {
        let version = if path.is_empty() { "v1beta" } else { path };
        let mut setup = json!({
            "model": format!("models/{model}"),
            "generationConfig": {"responseModalities": ["AUDIO"]}
        });
        for (pointer, value) in more.as_object().expect("fields") {
            let target = if let Some(field) = pointer.strip_prefix("generationConfig.") {
                &mut setup["generationConfig"][field]
            } else {
                &mut setup[pointer.as_str()]
            };
            *target = value.clone();
        }
        json!({
            "profile": {"endpoint": "gemini"},
            "path": format!("/ws/google.ai.generativelanguage.{version}.GenerativeService.BidiGenerateContent"),
            "frames": [{"setup": setup}]
        })
    };
    let (plain, deep) = ("gemini-3.8-live", "gemini-3.8-live-extended-thinking");
    let (legacy, older) = ("gemini-3.1-flash-live-preview", "gemini-2.5-flash-native-audio-latest");
    assert_eq!(faults(&line(plain, "", json!({}))), Vec::<String>::new());
    let level = |level: &str| json!({"generationConfig.thinkingConfig": {"thinkingLevel": level}});
    let function =
        |behavior: &str| json!({"tools": [{"functionDeclarations": [{"name": "f", "behavior": behavior}]}]});
    let wrong = [
        line(plain, "", level("LOW")),
        line(plain, "", json!({"generationConfig.enableAffectiveDialog": true})),
        line(plain, "", json!({"proactivity": {"proactiveAudio": false}})),
        line(plain, "", json!({"generationConfig.responseModalities": ["AUDIO", "TEXT"]})),
        line(plain, "", json!({"generationConfig.temperature": 2.1})),
        line(plain, "", json!({"tools": []})),
        line(plain, "", json!({"tools": [{"codeExecution": {}}]})),
        line(plain, "", json!({"tools": [{"functionDeclarations": [{"name": "f"}]}]})),
        line(plain, "", json!({"generation_config": {}})),
        line(plain, "", json!({"systemInstruction": "Be brief."})),
        line(plain, "", json!({"sessionResumption": {"transparent": true}})),
        line(plain, "", json!({"historyConfig": {"initialHistoryInClientContent": true}})),
        line(plain, "v1alpha", json!({})),
        line(deep, "", json!({})),
        line(deep, "", level("MINIMAL")),
        line(legacy, "", function("NON_BLOCKING")),
        line(older, "", level("LOW")),
        line(older, "", json!({"proactivity": {"proactiveAudio": true}})),
        line("gemini-9", "", level("LOW")),
    ];
    for line in wrong {
        assert!(!faults(&line).is_empty(), "{line}");
    }
    assert_eq!(faults(&line(deep, "", level("HIGH"))), Vec::<String>::new());
    assert_eq!(
        faults(&line(older, "v1alpha", json!({"proactivity": {"proactiveAudio": true}}))),
        Vec::<String>::new()
    );
}
