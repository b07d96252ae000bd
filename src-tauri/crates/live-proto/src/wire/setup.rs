//! The first message of a client, which configures the session (PROTOCOL.md §2.1 to §2.3). Pure.

use std::collections::BTreeMap;

use serde_json::Value;

use super::content::Content;
use super::enums::{
    ActivityHandling, Behavior, EndSensitivity, MediaResolution, Modality, StartSensitivity, ThinkingLevel,
    TranscriptionMode, TurnCoverage,
};
use super::message::message;
use super::scalar::{Base64, Int64, Opaque};

message! {
    /// The `setup` message.
    Setup {
        /// `models/NAME`.
        model: String,
        /// What is generated, and how.
        generation_config: Option<GenerationConfig>,
        /// The system instruction: text parts, one paragraph each.
        system_instruction: Option<Content>,
        /// The tools that the model may use.
        tools: Vec<Tool>,
        /// Turn detection and interruption.
        realtime_input_config: Option<RealtimeInputConfig>,
        /// If present, even empty, the service sends handles; with a handle it resumes.
        session_resumption: Option<SessionResumption>,
        /// If present, a session may outlast its context window.
        context_window_compression: Option<ContextWindowCompression>,
        /// If present, even empty, the user's speech is transcribed.
        input_audio_transcription: Option<AudioTranscriptionConfig>,
        /// If present, even empty, the model's speech is transcribed.
        output_audio_transcription: Option<AudioTranscriptionConfig>,
        /// Whether the model may stay silent or speak up by itself.
        proactivity: Option<Proactivity>,
        /// How earlier turns are provided.
        history_config: Option<HistoryConfig>,
        /// What is blocked.
        safety_settings: Vec<SafetySetting>,
        /// Options of a Live Avatar.
        avatar_config: Option<Opaque>,
        /// Labels for the account's statistics; they keep their case.
        labels: BTreeMap<String, String>,
        /// Vertex only.
        explicit_vad_signal: Option<bool>,
    }
}

message! {
    /// What is generated, and how.
    GenerationConfig {
        /// Exactly one: `AUDIO` (or `TEXT` on models that take it).
        response_modalities: Vec<Modality>,
        /// 0 to 2.
        temperature: Option<f64>,
        /// 0 to 1.
        top_p: Option<f64>,
        /// How many tokens to sample from.
        top_k: Option<i64>,
        /// The longest reply, in tokens.
        max_output_tokens: Option<i64>,
        /// For repeatable replies.
        seed: Option<i64>,
        /// How many replies.
        candidate_count: Option<i64>,
        /// Against repeating topics.
        presence_penalty: Option<f64>,
        /// Against repeating words.
        frequency_penalty: Option<f64>,
        /// The voice.
        speech_config: Option<SpeechConfig>,
        /// The resolution at which pictures are processed.
        media_resolution: Option<MediaResolution>,
        /// How much the model thinks; many models refuse the field (PROTOCOL.md §7).
        thinking_config: Option<ThinkingConfig>,
        /// Affective dialog; 2.5 native audio on v1alpha only.
        enable_affective_dialog: Option<bool>,
        /// For the translation model.
        translation_config: Option<TranslationConfig>,
        /// Not for Live.
        response_logprobs: Option<bool>,
        /// Not for Live.
        logprobs: Option<i64>,
        /// Not for Live.
        response_mime_type: Option<String>,
        /// Not for Live.
        response_schema: Option<Value>,
        /// Not for Live.
        response_json_schema: Option<Value>,
        /// Not for Live.
        stop_sequences: Vec<String>,
        /// Not for Live.
        routing_config: Option<Opaque>,
        /// Not for Live.
        audio_timestamp: Option<bool>,
    }
}

message! {
    /// How the model sounds.
    SpeechConfig {
        /// The voice.
        voice_config: Option<VoiceConfig>,
        /// For half-cascade models; native audio finds the language itself.
        language_code: Option<String>,
        /// Not for Live.
        multi_speaker_voice_config: Option<Opaque>,
    }
}

message! {
    /// The voice: one of the fields.
    VoiceConfig {
        /// One of the thirty prebuilt voices (PROTOCOL.md §8).
        prebuilt_voice_config: Option<PrebuiltVoiceConfig>,
        /// A custom voice.
        replicated_voice_config: Option<ReplicatedVoiceConfig>,
    }
}

message! {
    /// A voice by name.
    PrebuiltVoiceConfig {
        /// The name.
        voice_name: Option<String>,
    }
}

message! {
    /// A voice by example.
    ReplicatedVoiceConfig {
        /// The type of the sample.
        mime_type: Option<String>,
        /// The sample.
        voice_sample_audio: Option<Base64>,
        /// The recorded consent of its owner.
        consent_audio: Option<Base64>,
        /// The consent as the service signed it.
        voice_consent_signature: Option<VoiceConsentSignature>,
    }
}

message! {
    /// A consent as the service signed it.
    VoiceConsentSignature {
        /// The signature.
        signature: Option<String>,
    }
}

message! {
    /// How much the model thinks. Level and budget exclude each other.
    ThinkingConfig {
        /// By name.
        thinking_level: Option<ThinkingLevel>,
        /// In tokens; 0 is off.
        thinking_budget: Option<i64>,
        /// Whether thoughts are sent, as parts with `thought`.
        include_thoughts: Option<bool>,
    }
}

message! {
    /// What the translation model does.
    TranslationConfig {
        /// Into which language.
        target_language_code: Option<String>,
        /// Whether speech already in that language is repeated.
        echo_target_language: Option<bool>,
    }
}

message! {
    /// One entry of `tools`; one kind per entry is the usual form.
    Tool {
        /// Functions of the client.
        function_declarations: Vec<FunctionDeclaration>,
        /// Google Search.
        google_search: Option<Opaque>,
        /// The search of older models.
        google_search_retrieval: Option<Opaque>,
        /// Code run by the service.
        code_execution: Option<Opaque>,
        /// Pages read by the service.
        url_context: Option<Opaque>,
        /// Places.
        google_maps: Option<Opaque>,
        /// Search for enterprises.
        enterprise_web_search: Option<Opaque>,
        /// The account's own documents.
        retrieval: Option<Opaque>,
        /// The account's own files.
        file_search: Option<Opaque>,
        /// A screen that the model controls.
        computer_use: Option<Opaque>,
        /// MCP servers that the service calls.
        mcp_servers: Vec<Opaque>,
    }
}

message! {
    /// A function that the model may call.
    FunctionDeclaration {
        /// A letter or `_`, then letters, digits and `_ . : -`; 128 at most.
        name: String,
        /// What it does, for the model.
        description: Option<String>,
        /// Its parameters in the OpenAPI subset, type names in upper case. Excludes `parameters_json_schema`.
        parameters: Option<Value>,
        /// Its parameters as JSON Schema.
        parameters_json_schema: Option<Value>,
        /// Its answer in the OpenAPI subset.
        response: Option<Value>,
        /// Its answer as JSON Schema.
        response_json_schema: Option<Value>,
        /// Whether the model waits for the answer.
        behavior: Option<Behavior>,
    }
}

message! {
    /// Turn detection and interruption.
    RealtimeInputConfig {
        /// How speech is found.
        automatic_activity_detection: Option<AutomaticActivityDetection>,
        /// What speech does to a reply.
        activity_handling: Option<ActivityHandling>,
        /// What belongs to a turn.
        turn_coverage: Option<TurnCoverage>,
        /// Whether drafts of the transcript carry times.
        interim_transcript_timestamp_enabled: Option<bool>,
    }
}

message! {
    /// How speech is found.
    AutomaticActivityDetection {
        /// `true`: the client marks turns with `activityStart` and `activityEnd`.
        disabled: Option<bool>,
        /// How readily a start is found.
        start_of_speech_sensitivity: Option<StartSensitivity>,
        /// How readily an end is found.
        end_of_speech_sensitivity: Option<EndSensitivity>,
        /// Speech needed before a start counts, in ms.
        prefix_padding_ms: Option<i64>,
        /// Silence needed before an end counts, in ms.
        silence_duration_ms: Option<i64>,
    }
}

message! {
    /// Resumption (PROTOCOL.md §3.2).
    SessionResumption {
        /// The handle of the session to resume.
        handle: Option<String>,
        /// Vertex only.
        transparent: Option<bool>,
    }
}

message! {
    /// Context window compression.
    ContextWindowCompression {
        /// When to compress, in tokens.
        trigger_tokens: Option<Int64>,
        /// By dropping the oldest.
        sliding_window: Option<SlidingWindow>,
    }
}

message! {
    /// Dropping the oldest.
    SlidingWindow {
        /// How much to keep, in tokens; half the trigger by default.
        target_tokens: Option<Int64>,
    }
}

message! {
    /// How speech is transcribed. Leave it empty unless a model is known to accept more.
    AudioTranscriptionConfig {
        /// Languages to expect, BCP-47.
        language_codes: Vec<String>,
        /// Words to expect.
        custom_vocabulary: Vec<String>,
        /// Whether words carry times.
        word_timestamp: Option<bool>,
        /// Whether speakers are told apart.
        diarization: Option<bool>,
        /// How literally.
        mode: Option<TranscriptionMode>,
        /// A text that is read aloud.
        source_text: Option<String>,
        /// Deprecated.
        language_auto: Option<Opaque>,
        /// Deprecated.
        language_hints: Option<Opaque>,
        /// Deprecated.
        adaptation_phrases: Vec<String>,
    }
}

message! {
    /// Whether the model may stay silent or speak up by itself.
    Proactivity {
        /// Whether the model may ignore speech that is not meant for it.
        proactive_audio: Option<bool>,
        /// Whether the model may speak up about what it sees.
        proactive_video: Option<bool>,
    }
}

message! {
    /// How earlier turns are provided.
    HistoryConfig {
        /// `true`: after `setupComplete`, `clientContent` until `turnComplete: true` is history and starts no reply.
        initial_history_in_client_content: Option<bool>,
    }
}

message! {
    /// One kind of harm and what is done about it.
    SafetySetting {
        /// `HARM_CATEGORY_…`.
        category: Option<String>,
        /// `BLOCK_…` or `OFF`.
        threshold: Option<String>,
        /// Vertex only.
        method: Option<String>,
    }
}
