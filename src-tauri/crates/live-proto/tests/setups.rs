//! The setup for a person's choices never contains anything that the model refuses (PROTOCOL.md §7).

use live_proto::catalogue::{ApiVersion, Catalogue, OptionKind, Reason};
use live_proto::wire::{
    Behavior, ClientMessage, EndSensitivity, FunctionDeclaration, Setup, StartSensitivity, ThinkingLevel,
    decode_client, encode,
};
use live_proto::{Resumption, SetupOptions, ThinkingChoice, api_version, build_setup};
use serde_json::{Value, json};

fn everything(model: &str) -> SetupOptions {
    SetupOptions {
        model: model.to_owned(),
        voice: Some("kore".to_owned()),
        instructions: Some("Be brief.\n\nSpeak plainly.".to_owned()),
        google_search: true,
        functions: vec![FunctionDeclaration {
            name: "get_weather".to_owned(),
            ..FunctionDeclaration::default()
        }],
        thinking: Some(ThinkingChoice::Level(ThinkingLevel::Minimal)),
        include_thoughts: true,
        affective: true,
        proactive: true,
        seed_history: true,
        ..SetupOptions::default()
    }
}

fn json_of(setup: &Setup) -> Value {
    serde_json::to_value(setup).expect("a setup is JSON")
}

#[test]
fn the_default_setup_is_the_plain_conversation() {
    let setup = build_setup(
        &SetupOptions { voice: Some("Puck".to_owned()), ..SetupOptions::default() },
        &Catalogue::embedded(),
    );
    assert_eq!(
        json_of(&setup),
        json!({
            "model": "models/gemini-3.8-live",
            "generationConfig": {
                "responseModalities": ["AUDIO"],
                "speechConfig": {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Puck"}}}
            },
            "sessionResumption": {},
            "contextWindowCompression": {"slidingWindow": {}},
            "inputAudioTranscription": {},
            "outputAudioTranscription": {}
        })
    );
}

#[test]
fn no_model_gets_what_it_refuses() {
    let catalogue = Catalogue::embedded();
    let of = |id: &str| json_of(&build_setup(&everything(id), &catalogue));

    let plain = of("gemini-3.8-live");
    assert_eq!(plain.pointer("/generationConfig/thinkingConfig"), None);
    assert_eq!(plain.pointer("/generationConfig/enableAffectiveDialog"), None);
    assert_eq!(plain.get("proactivity"), None);
    assert_eq!(plain.pointer("/tools/1/functionDeclarations/0/behavior"), Some(&json!("NON_BLOCKING")));
    assert_eq!(plain.pointer("/tools/0"), Some(&json!({"googleSearch": {}})));
    assert_eq!(plain.pointer("/systemInstruction/parts/1/text"), Some(&json!("Speak plainly.")));
    assert_eq!(
        plain.pointer("/generationConfig/speechConfig/voiceConfig/prebuiltVoiceConfig/voiceName"),
        Some(&json!("Kore"))
    );

    // Minimal is refused there, and a level is required.
    let thinking = of("models/gemini-3.8-live-extended-thinking");
    assert_eq!(thinking.pointer("/generationConfig/thinkingConfig/thinkingLevel"), Some(&json!("LOW")));
    assert_eq!(thinking.pointer("/tools/1/functionDeclarations/0/behavior"), Some(&json!("NON_BLOCKING")));

    let preview = of("gemini-3.1-flash-live-preview");
    assert_eq!(preview.pointer("/generationConfig/thinkingConfig/thinkingLevel"), Some(&json!("MINIMAL")));
    assert_eq!(preview.pointer("/tools/1/functionDeclarations/0/behavior"), None);
    assert_eq!(preview.get("proactivity"), None);
    assert_eq!(preview.get("historyConfig"), None);

    let older = of("gemini-2.5-flash-native-audio-preview-12-2025");
    assert_eq!(older.pointer("/generationConfig/thinkingConfig/thinkingLevel"), None);
    assert_eq!(older.pointer("/generationConfig/enableAffectiveDialog"), Some(&json!(true)));
    assert_eq!(older.pointer("/proactivity/proactiveAudio"), Some(&json!(true)));
    assert_eq!(older.get("historyConfig"), None);

    let translate = of("gemini-3.5-live-translate-preview");
    assert_eq!(
        translate.pointer("/generationConfig/translationConfig/targetLanguageCode"),
        Some(&json!("en"))
    );
    assert_eq!(translate.get("tools"), None);

    let transcribe = of("gemini-3.5-transcribe-live");
    assert_eq!(transcribe.pointer("/generationConfig/speechConfig"), None);
    assert_eq!(transcribe.get("outputAudioTranscription"), None);

    let typed = of("gemini-9-live");
    assert_eq!(typed.get("model"), Some(&json!("models/gemini-9-live")));
    assert_eq!(typed.pointer("/generationConfig/thinkingConfig"), None);
}

#[test]
fn earlier_turns_are_announced_where_a_catalogue_says_so() {
    let text = include_str!("../src/catalogue/models.toml");
    let text = text.replacen("history = \"client_content\"", "history = \"initial\"", 1);
    let catalogue = Catalogue::parse(&text).expect("readable");
    let setup = json_of(&build_setup(&everything("gemini-3.8-live"), &catalogue));
    assert_eq!(setup.pointer("/historyConfig/initialHistoryInClientContent"), Some(&json!(true)));
}

#[test]
fn a_function_keeps_the_behavior_that_the_model_takes() {
    let catalogue = Catalogue::embedded();
    let mut options = everything("gemini-3.8-live");
    options.functions[0].behavior = Some(Behavior::Blocking);
    let behavior = |options: &SetupOptions| {
        build_setup(options, &catalogue).tools[1].function_declarations[0].behavior.clone()
    };
    assert_eq!(behavior(&options), Some(Behavior::Blocking));
    options.model = "gemini-3.8-live-extended-thinking".to_owned();
    assert_eq!(behavior(&options), Some(Behavior::NonBlocking));
    options.functions[0].behavior = Some(Behavior::NonBlocking);
    options.model = "gemini-3.1-flash-live-preview".to_owned();
    assert_eq!(behavior(&options), None);
    options.model = "gemini-2.5-flash-native-audio-latest".to_owned();
    assert_eq!(behavior(&options), Some(Behavior::NonBlocking));
}

#[test]
fn options_of_v1alpha_ask_for_v1alpha() {
    let catalogue = Catalogue::embedded();
    let older = build_setup(&everything("gemini-2.5-flash-native-audio-preview"), &catalogue);
    assert_eq!(api_version(&older), ApiVersion::V1Alpha);
    assert_eq!(api_version(&build_setup(&everything("gemini-3.8-live"), &catalogue)), ApiVersion::V1Beta);
}

#[test]
fn every_setup_is_read_back_as_it_was() {
    let catalogue = Catalogue::embedded();
    for model in catalogue.models() {
        for resumption in [Resumption::Off, Resumption::Fresh, Resumption::Resume("h".to_owned())] {
            let options = SetupOptions {
                resumption,
                thinking: Some(ThinkingChoice::Budget(512)),
                manual_activity: true,
                no_interruption: true,
                ..everything(&model.id)
            };
            let message = ClientMessage::Setup(Box::new(build_setup(&options, &catalogue)));
            let read = decode_client(encode(&message).as_bytes()).expect("our own setup");
            assert_eq!((read.message, read.skipped_count), (message, 0));
        }
    }
}

/// Only a model is chosen.
fn nothing(model: &str) -> SetupOptions {
    SetupOptions { model: model.to_owned(), ..SetupOptions::default() }
}

/// Chooses `option` and nothing else.
fn choose(option: OptionKind, options: &mut SetupOptions) {
    let function =
        |behavior| FunctionDeclaration { name: "f".to_owned(), behavior, ..FunctionDeclaration::default() };
    match option {
        OptionKind::Voice => options.voice = Some("Kore".to_owned()),
        OptionKind::ThinkingLevel => options.thinking = Some(ThinkingChoice::Level(ThinkingLevel::High)),
        OptionKind::ThinkingBudget => options.thinking = Some(ThinkingChoice::Budget(512)),
        OptionKind::Thoughts => options.include_thoughts = true,
        OptionKind::Affective => options.affective = true,
        OptionKind::Proactive => options.proactive = true,
        OptionKind::Search => options.google_search = true,
        OptionKind::Functions => options.functions = vec![function(None)],
        OptionKind::BlockingFunctions => options.functions = vec![function(Some(Behavior::Blocking))],
        OptionKind::NonBlockingFunctions => options.functions = vec![function(Some(Behavior::NonBlocking))],
        OptionKind::EarlierTurns => options.seed_history = true,
        OptionKind::TranslateTo => options.translate_to = Some("pl".to_owned()),
        OptionKind::StartSensitivity => options.start_sensitivity = Some(StartSensitivity::Low),
        OptionKind::EndSensitivity => options.end_sensitivity = Some(EndSensitivity::Low),
        OptionKind::PrefixPadding => options.prefix_padding_ms = Some(200),
        OptionKind::Silence => options.silence_ms = Some(800),
        OptionKind::TransparentResumption => options.transparent = true,
    }
}

/// What the window shows as disabled is not sent, and what it offers is.
#[test]
fn an_option_is_sent_unless_it_is_refused() {
    let catalogue = Catalogue::embedded();
    let ids = catalogue.all().iter().map(|model| model.id.as_str()).chain(["gemini-9-live"]);
    let mut refused = 0;
    for id in ids {
        let variants = [
            nothing(id),
            SetupOptions { manual_activity: true, ..nothing(id) },
            SetupOptions { resumption: Resumption::Off, ..nothing(id) },
            SetupOptions { resumption: Resumption::Resume("h".to_owned()), ..nothing(id) },
        ];
        for base in variants {
            for option in OptionKind::ALL {
                let mut chosen = base.clone();
                choose(option, &mut chosen);
                let (plain, setup) = (build_setup(&base, &catalogue), build_setup(&chosen, &catalogue));
                let reason = base.refuses(option, &catalogue);
                refused += usize::from(reason.is_some());
                let said = match option {
                    // The functions are sent anyway, with a behavior that the model accepts. The model's default
                    // behavior need not be sent.
                    OptionKind::BlockingFunctions | OptionKind::NonBlockingFunctions => {
                        let wanted = chosen.functions[0].behavior.clone();
                        let taken =
                            setup.tools.first().map(|tool| tool.function_declarations[0].behavior.clone());
                        let own = &catalogue.rules(id).functions.default;
                        taken.is_some_and(|taken| {
                            taken.as_ref().unwrap_or(own) == wanted.as_ref().unwrap_or(own)
                        })
                    }
                    // Most models accept turns at any time; only some need an announcement in the setup.
                    OptionKind::EarlierTurns if setup.history_config.is_none() => reason.is_none(),
                    _ => plain != setup,
                };
                assert_eq!(said, reason.is_none(), "{id}: {option:?} is refused for {reason:?}, in {base:?}");
            }
        }
    }
    assert!(refused > 300, "{refused}");
}

#[test]
fn other_choices_give_reasons_too() {
    let catalogue = Catalogue::embedded();
    let by_button = SetupOptions { manual_activity: true, ..SetupOptions::default() };
    assert_eq!(by_button.refuses(OptionKind::Silence, &catalogue), Some(Reason::PushToTalk));
    let off = SetupOptions { resumption: Resumption::Off, ..SetupOptions::default() };
    assert_eq!(off.refuses(OptionKind::TransparentResumption, &catalogue), Some(Reason::NotResumable));
    let goes_on = SetupOptions { resumption: Resumption::Resume("h".to_owned()), ..SetupOptions::default() };
    assert_eq!(goes_on.refuses(OptionKind::EarlierTurns, &catalogue), Some(Reason::Resumes));
    // The model's own refusal comes first.
    let both = SetupOptions { model: "gemini-9".to_owned(), ..goes_on };
    assert_eq!(both.refuses(OptionKind::EarlierTurns, &catalogue), Some(Reason::UnknownModel));
}

#[test]
fn numbers_are_clamped_to_the_wire() {
    let of = |temperature| {
        let options = SetupOptions {
            temperature: Some(temperature),
            silence_ms: Some(u32::MAX),
            ..SetupOptions::default()
        };
        json_of(&build_setup(&options, &Catalogue::embedded()))
    };
    for (chosen, sent) in [(0.0, 0.0), (1.3, 1.3), (-1.0, 0.0), (9.0, 2.0)] {
        assert_eq!(of(chosen).pointer("/generationConfig/temperature"), Some(&json!(sent)));
    }
    for chosen in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(of(chosen).pointer("/generationConfig/temperature"), None, "{chosen}");
    }
    let silence = "/realtimeInputConfig/automaticActivityDetection/silenceDurationMs";
    assert_eq!(of(1.0).pointer(silence), Some(&json!(i32::MAX)));
}
