//! A user's own catalogue: when it is used, how errors are reported, and that no file does harm.

use live_proto::catalogue::{
    Behaviour, CallIds, Catalogue, CatalogueError, MAX_BYTES, MediaChunks, Model, ModelState, NotUsed,
    OptionKind, Problem, Reason, Revision, Thinking, ThoughtsSent, Unasked, UsageNames, VoiceActivitySent,
};
use proptest::prelude::*;

const EMBEDDED: &str = include_str!("../src/catalogue/models.toml");

/// The embedded catalogue with another date.
fn of(day: &str) -> String {
    let ours = format!("revision = \"{}\"", Catalogue::embedded().revision());
    assert!(EMBEDDED.contains(&ours));
    EMBEDDED.replace(&ours, &format!("revision = \"{day}\""))
}

fn newer(text: &str) -> Result<Catalogue, NotUsed> {
    Catalogue::newer(&Catalogue::embedded(), text)
}

/// The embedded catalogue with one text replaced.
fn with(from: &str, to: &str) -> String {
    assert!(EMBEDDED.contains(from), "{from}");
    EMBEDDED.replacen(from, to, 1)
}

fn problem(text: &str) -> Problem {
    match newer(text) {
        Err(NotUsed::Unreadable(CatalogueError::Rule { problem, .. })) => problem,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn the_newer_catalogue_is_used() {
    let later = of("2999-01-31").replace("Gemini 3.8 Live\"", "Three Eight\"");
    let taken = newer(&later).expect("later");
    assert_eq!(taken.revision().to_string(), "2999-01-31");
    assert_eq!(taken.rules("gemini-3.8-live").label, "Three Eight");
    match newer(&of("2026-01-01")) {
        Err(NotUsed::Older { theirs, ours }) => {
            assert!(theirs < ours);
            assert_eq!(ours, Catalogue::embedded().revision());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_copy_with_the_same_date_is_used() {
    let copy = EMBEDDED.replace("Gemini 3.8 Live\"", "Mine\"");
    assert_eq!(newer(&copy).expect("as new").rules("gemini-3.8-live").label, "Mine");
}

#[test]
fn a_revision_is_a_date() {
    for good in ["2026-11-23", "0001-01-01", "9999-12-31"] {
        assert_eq!(good.parse::<Revision>().map(|day| day.to_string()), Ok(good.to_owned()));
    }
    for bad in [
        "",
        "2026",
        "2026-11",
        "2026-13-01",
        "2026-00-01",
        "2026-01-00",
        "2026-1-1",
        "2026-11-23-1",
        "٢٠٢٦-11-23",
    ] {
        assert!(bad.parse::<Revision>().is_err(), "{bad}");
    }
    let days: Vec<Revision> = ["2025-12-31", "2026-01-01", "2026-01-02", "2026-02-01"]
        .iter()
        .filter_map(|day| day.parse().ok())
        .collect();
    assert!(days.is_sorted() && days.len() == 4);
    assert!(matches!(newer(&of("soon")), Err(NotUsed::Unreadable(CatalogueError::Format(_)))));
}

#[test]
fn fields_of_a_later_version_are_skipped() {
    let text = with("label = \"Gemini 3.8 Live\"", "label = \"Gemini 3.8 Live\"\nmood = { a = [1, 2] }")
        + "\n[weather]\nwind = 3\n";
    assert_eq!(newer(&text).expect("readable"), *Catalogue::embedded());
}

#[test]
fn an_entry_like_another_may_differ_in_anything() {
    let text = format!(
        "{EMBEDDED}\n[[models]]\nid = \"mine\"\nlike = \"gemini-3.8-live-extended-thinking\"\nlabel = \"Mine\"\n\
         thinking = {{ kind = \"none\" }}\n"
    );
    let catalogue = newer(&text).expect("readable");
    let (mine, pattern) = (catalogue.rules("mine"), catalogue.rules("gemini-3.8-live-extended-thinking"));
    assert_eq!((mine.label.as_str(), &mine.thinking), ("Mine", &Thinking::None));
    assert_eq!((&mine.functions, &mine.prices), (&pattern.functions, &pattern.prices));
    assert!(catalogue.models().iter().any(|model| model.id == "mine"));
}

#[test]
fn errors_of_a_file_are_reported() {
    let unreadable = |text: &str| match newer(text) {
        Err(NotUsed::Unreadable(error)) => error,
        other => panic!("{other:?}"),
    };
    assert!(matches!(unreadable("models = 1"), CatalogueError::Format(_)));
    assert!(matches!(unreadable("<html>"), CatalogueError::Format(_)));
    assert!(matches!(unreadable(&" ".repeat(MAX_BYTES + 1)), CatalogueError::TooLong { .. }));
    let none = format!("revision = \"2999-01-01\"\nmodels = []\nvoices = []\n{}", "[unknown]\n");
    assert!(matches!(unreadable(&none), CatalogueError::Size));
    let many = format!("{EMBEDDED}{}", "[[voices]]\nname = \"A\"\ntone = \"B\"\n".repeat(300));
    assert!(matches!(unreadable(&many), CatalogueError::Size));
    match unreadable(&with("typing = \"realtime_text\"", "typing = \"by_hand\"")) {
        CatalogueError::Entry { id, source } => {
            assert_eq!(id, "gemini-3.8-live");
            assert!(source.to_string().contains("by_hand"), "{source}");
        }
        other => panic!("{other:?}"),
    }
    let like = "like = \"gemini-2.5-flash-native-audio-latest\"";
    assert_eq!(problem(&with(like, "like = \"gemini-0\"")), Problem::Like);
    assert_eq!(problem(&with(like, "like = 1")), Problem::Like);
    assert_eq!(problem(&with("id = \"gemini-3.8-live\"", "id = \"models/x\"")), Problem::Id);
    assert_eq!(problem(&with("id = \"gemini-3.8-live\"\n", "")), Problem::Id);
    assert_eq!(
        problem(&with("\"gemini-3.8-live-extended-thinking\"", "\"gemini-3.8-live\"")),
        Problem::Twice
    );
    assert_eq!(problem(&with("label = \"Gemini 3.8 Live\"", "label = \" \"")), Problem::Label);
    assert_eq!(problem(&with("modalities = [\"AUDIO\"]", "modalities = []")), Problem::Modality);
    assert_eq!(problem(&with("default = \"LOW\"", "default = \"XHIGH\"")), Problem::Level);
    assert_eq!(
        problem(&with("behaviors = [\"NON_BLOCKING\"]", "behaviors = [\"BLOCKING\"]")),
        Problem::Behavior
    );
    assert_eq!(problem(&with("in_text = 0.75", "in_text = -1.0")), Problem::Price);
    assert_eq!(problem(&with("in_text = 0.75", "in_text = nan")), Problem::Price);
    assert_eq!(problem(&with("successor = \"gemini-3.8-live\"", "successor = \"x\"")), Problem::Successor);
    assert_eq!(problem(&with("state = \"current\"", "state = \"retired\"")), Problem::Default);
    assert_eq!(problem(&with("name = \"Puck\"", "name = \"\"")), Problem::Label);
}

#[test]
fn unknown_fields_are_not_inherited() {
    // Otherwise 8,000 fields in one entry and 150 entries like it would make a million.
    let repeated =
        |count: u32, line: &dyn Fn(u32) -> String| (0..count).map(line).collect::<Vec<_>>().concat();
    let junk = repeated(8_000, &|n| format!("j{n} = 1\n"));
    let base = with("mute = \"audio_stream_end\"\n", &format!("mute = \"audio_stream_end\"\n{junk}"));
    let like = repeated(150, &|n| format!("[[models]]\nid = \"m{n}\"\nlike = \"gemini-3.8-live\"\n"));
    let catalogue = newer(&(base + &like)).expect("readable");
    assert_eq!(catalogue.rules("m149").label, "Gemini 3.8 Live");
}

#[test]
fn nesting_without_end_is_an_error() {
    for (open, close) in [("[", "]"), ("{ a = ", " }")] {
        let text = format!("x = {}1{}", open.repeat(10_000), close.repeat(10_000));
        assert!(newer(&text).is_err());
    }
    assert!(newer(&format!("[{}a]", "a.".repeat(20_000))).is_err());
}

#[test]
fn every_model_has_prices_or_none() {
    for model in Catalogue::embedded().all() {
        match &model.prices {
            Some(prices) => {
                assert!(prices.all().count() > 0, "{}", model.id);
                assert!(prices.date.len() == 7 && prices.source.len() > 10, "{}: date and source", model.id);
            }
            None => assert_ne!(model.state, ModelState::Current, "{} has no prices", model.id),
        }
    }
}

#[test]
fn an_option_that_does_not_apply_has_a_reason() {
    let catalogue = Catalogue::embedded();
    let table = [
        ("gemini-3.8-live", OptionKind::ThinkingLevel, Some(Reason::DoesNotThink)),
        ("gemini-3.8-live", OptionKind::Proactive, Some(Reason::AlwaysOn)),
        ("gemini-3.8-live", OptionKind::Affective, Some(Reason::Refused)),
        ("gemini-3.8-live", OptionKind::BlockingFunctions, None),
        ("gemini-3.8-live", OptionKind::Search, None),
        ("gemini-3.8-live", OptionKind::TranslateTo, Some(Reason::DoesNotTranslate)),
        ("gemini-3.8-live-extended-thinking", OptionKind::ThinkingLevel, None),
        ("gemini-3.8-live-extended-thinking", OptionKind::ThinkingBudget, Some(Reason::ThinksByLevel)),
        ("gemini-3.8-live-extended-thinking", OptionKind::BlockingFunctions, Some(Reason::Refused)),
        ("gemini-3.1-flash-live-preview", OptionKind::NonBlockingFunctions, Some(Reason::Refused)),
        ("gemini-3.1-flash-live-preview", OptionKind::Proactive, Some(Reason::Refused)),
        ("gemini-3.1-flash-live-preview", OptionKind::EarlierTurns, None),
        ("gemini-2.5-flash-native-audio-preview", OptionKind::ThinkingLevel, Some(Reason::ThinksByBudget)),
        ("gemini-2.5-flash-native-audio-preview", OptionKind::Affective, None),
        ("gemini-3.5-live-translate-preview", OptionKind::Voice, Some(Reason::OwnVoice)),
        ("gemini-3.5-live-translate-preview", OptionKind::Functions, Some(Reason::CallsNothing)),
        ("gemini-3.5-transcribe-live", OptionKind::Voice, Some(Reason::Writes)),
        ("gemini-9", OptionKind::Thoughts, Some(Reason::UnknownModel)),
        ("gemini-9", OptionKind::Voice, None),
    ];
    for (model, option, reason) in table {
        assert_eq!(catalogue.rules(model).refuses(option), reason, "{model} {option:?}");
    }
}

#[test]
fn a_behaviour_is_inherited_field_by_field_on_each_api() {
    let text = EMBEDDED.to_owned()
        + "\n[[models]]\nid = \"mine\"\nlike = \"gemini-2.5-flash-native-audio-latest\"\n\
           [models.behaviour]\nthoughts = \"asked\"\ncolour = 3\n\
           [models.behaviour.vertex]\ncall_ends_turn = false\nmedia_chunks = \"refused\"\n\
           [[models]]\nid = \"yours\"\nlike = \"mine\"\n";
    let catalogue = newer(&text).expect("readable");
    for id in ["mine", "yours"] {
        let both = &catalogue.rules(id).behaviour;
        for (vertex, api) in [(false, &both.developer), (true, &both.vertex)] {
            assert_eq!(api, both.on(vertex));
            assert_eq!((api.thoughts, api.words_before_sound), (ThoughtsSent::Asked, true), "{id}");
        }
        let chunks = (both.developer.media_chunks, both.vertex.media_chunks);
        assert_eq!(chunks, (MediaChunks::Taken, MediaChunks::Refused), "{id}");
        let ids = (both.developer.call_ids, both.vertex.call_ids);
        assert_eq!(ids, (CallIds::FunctionCallDecimal, CallIds::Uuid), "{id}: what all do on Vertex AI");
        assert!(!both.vertex.call_ends_turn, "{id}");
    }
    let unknown = &catalogue.rules("gemini-9").behaviour;
    assert_eq!(unknown.developer, Behaviour::default());
    assert_eq!(unknown.vertex.usage_names, UsageNames::Candidates);
}

#[test]
fn a_wrong_behaviour_is_reported_with_its_model() {
    for wrong in ["call_ids = \"roman\"", "typed_turn_cuts = 1"] {
        let text = with("[models.behaviour]\n", &format!("[models.behaviour]\n{wrong}\n"));
        match newer(&text) {
            Err(NotUsed::Unreadable(CatalogueError::Entry { id, .. })) => assert_eq!(id, "gemini-3.8-live"),
            other => panic!("{wrong}: {other:?}"),
        }
    }
    assert_eq!(newer(&with("[models.behaviour]\n", "[models.mood]\n")).expect("none").all().len(), {
        Catalogue::embedded().all().len()
    });
}

#[test]
fn each_family_behaves_as_it_was_recorded() {
    let catalogue = Catalogue::embedded();
    let of = |id: &str| catalogue.rules(id).behaviour.developer.clone();
    let (newest, legacy) = (of("gemini-3.8-live"), of("gemini-3.1-flash-live-preview"));
    let older = of("gemini-2.5-flash-native-audio-preview-12-2025");
    assert_eq!(newest.transcript_unasked, Unasked { input: true, output: true });
    assert_eq!(legacy.transcript_unasked, Unasked { input: true, output: false });
    assert_eq!(older.transcript_unasked, Unasked::default());
    assert_eq!(newest.voice_activity, VoiceActivitySent::Unasked);
    assert!(newest.typed_turn_cuts && legacy.typed_turn_cuts && !older.typed_turn_cuts);
    assert!(legacy.empty_content_first && !newest.empty_content_first);
    for model in catalogue.all() {
        let vertex = &model.behaviour.vertex;
        assert_eq!(vertex.voice_activity, VoiceActivitySent::Asked, "{}", model.id);
        assert!(vertex.call_ends_turn && vertex.model_role && !vertex.audio_rate, "{}", model.id);
    }
}

/// Pieces of catalogues, so that random input gets past the syntax.
fn piece() -> impl Strategy<Value = String> {
    let lines: Vec<&'static str> = EMBEDDED.lines().filter(|line| !line.starts_with('#')).collect();
    prop_oneof![
        8 => proptest::sample::select(lines).prop_map(str::to_owned),
        1 => "[a-z_]{1,8} = [0-9\"\\[\\]{}.a-z-]{0,12}",
        1 => "\\PC{0,20}",
    ]
}

proptest! {
    #[test]
    fn no_text_does_harm(pieces in proptest::collection::vec(piece(), 0..60)) {
        let _ = Catalogue::parse(&pieces.join("\n"));
    }

    #[test]
    fn no_change_of_a_good_one_does_harm(at in 0..EMBEDDED.len(), gone in 0..40usize, put in "\\PC{0,10}") {
        let end = (at + gone).min(EMBEDDED.len());
        prop_assume!(EMBEDDED.is_char_boundary(at) && EMBEDDED.is_char_boundary(end));
        let text = format!("{}{put}{}", &EMBEDDED[..at], &EMBEDDED[end..]);
        if let Ok(catalogue) = newer(&text) {
            prop_assert!(catalogue.find(catalogue.default_model()).is_some_and(Model::is_choosable));
            for model in catalogue.all() {
                prop_assert!(catalogue.successor(&model.id).is_none_or(|next| next.id != model.id));
                for option in OptionKind::ALL {
                    let _ = model.refuses(option);
                }
            }
        }
    }
}
