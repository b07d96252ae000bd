//! The TypeScript types of the window equal the Rust types (ARCHITECTURE.md, invariant 7).

use std::env;
use std::fs;

use ts_rs::{Config, TS};
use vivavoce::contract::{
    Ability, Account, AssetState, AssetsFetch, CallDecision, CameraState, Choices, ConversationInfo,
    DeviceChoice, ErrorCode, Figures, Hint, KeyCheck, KeySlot, KeyState, LeftOutTool, Levels, LocalChoice,
    LocalModel, LocalModels, LocalSearch, LocalServer, MediaResolution, MicrophoneTest, ModelChoice,
    ModelOptions, ModelPrices, ModelState, ModelSuggestion, Note, OptionLimit, OwnArgument, OwnKind, OwnTool,
    OwnWay, Partner, Phase, Recogniser, Reconnect, SampleSource, Sensitivity, Settings, SetupOption,
    Severity, Snapshot, Source, Speaker, SpeakerCheck, SpeakerVerdict, SpeechAssets, Spoken, Text, Theme,
    ThinkingLevel, ThinkingRule, ToolAsks, ToolCall, ToolChoice, ToolRule, ToolServer, ToolServerState,
    ToolSource, ToolState, Toolbox, ToolsFileState, Turn, TurnCoverage, UiEnvelope, UiError, UiEvent,
    Verdict, VoiceChoice, VoiceSample,
};

use crate::checkout;

const FILE: &str = "ui/src/ipc/bindings.gen.ts";
const HEAD: &str = "// Written by `cargo xtask bindings` from src-tauri/src/contract.rs. Do not edit.\n";

/// An exported type: its name, its declaration, and the types that it uses.
struct Exported {
    name: String,
    declaration: String,
    mentions: Vec<String>,
}

fn exported() -> Vec<Exported> {
    let config = Config::default();
    macro_rules! types {
        ($($type:ty),* $(,)?) => {
            vec![$(Exported {
                name: <$type as TS>::name(&config),
                declaration: <$type as TS>::decl(&config),
                mentions: <$type as TS>::dependencies(&config).into_iter().map(|d| d.ts_name).collect(),
            }),*]
        };
    }
    // In the order of contract.rs.
    types![
        UiEnvelope,
        UiEvent,
        Snapshot,
        Phase,
        ConversationInfo,
        Partner,
        Speaker,
        Turn,
        Source,
        Spoken,
        SpeakerCheck,
        SpeakerVerdict,
        MicrophoneTest,
        VoiceSample,
        SampleSource,
        ToolCall,
        ToolState,
        CallDecision,
        Levels,
        CameraState,
        Figures,
        Reconnect,
        UiError,
        Text,
        ModelSuggestion,
        Severity,
        ErrorCode,
        Hint,
        KeyState,
        LocalModels,
        LocalSearch,
        LocalServer,
        LocalModel,
        LocalChoice,
        Toolbox,
        ToolChoice,
        ToolServer,
        ToolServerState,
        LeftOutTool,
        OwnTool,
        OwnArgument,
        OwnKind,
        OwnWay,
        ToolSource,
        ToolAsks,
        ToolsFileState,
        Note,
        SpeechAssets,
        AssetState,
        AssetsFetch,
        KeySlot,
        Account,
        KeyCheck,
        Verdict,
        Settings,
        ThinkingLevel,
        Sensitivity,
        TurnCoverage,
        MediaResolution,
        Theme,
        Recogniser,
        ToolRule,
        Choices,
        ModelChoice,
        ModelState,
        ModelPrices,
        Ability,
        ModelOptions,
        ThinkingRule,
        OptionLimit,
        SetupOption,
        VoiceChoice,
        DeviceChoice,
    ]
}

#[test]
fn bindings_are_what_the_contract_says() {
    let types = exported();
    let mut text = HEAD.to_owned();
    for exported in &types {
        text.push_str("export ");
        text.push_str(&exported.declaration);
        text.push('\n');
    }
    let path = checkout::root().join(FILE);
    if env::var_os("VIVAVOCE_WRITE_BINDINGS").is_some() {
        fs::write(&path, &text).expect("the bindings can be written");
    }
    let there = fs::read_to_string(&path).expect("the bindings can be read").replace("\r\n", "\n");
    assert!(there == text, "{FILE} is not what src-tauri/src/contract.rs says: run `cargo xtask bindings`");
}

#[test]
fn bindings_leave_no_type_out() {
    let types = exported();
    let faults: Vec<String> = types
        .iter()
        .flat_map(|exported| exported.mentions.iter().map(move |mention| (mention, &exported.name)))
        .filter(|(mention, _)| types.iter().all(|t| t.name != **mention))
        .map(|(mention, by)| format!("{mention}, mentioned by {by}"))
        .collect();
    checkout::none_of(&faults, "these types are missing from the list in tests/contract/bindings.rs:");
}
