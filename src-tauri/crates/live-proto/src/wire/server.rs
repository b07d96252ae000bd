//! What the service sends (PROTOCOL.md §3). Pure.

use super::content::{Content, FunctionCall, Transcription};
use super::enums::{
    InteractionStatus, Modality, TurnCompleteReason, UrlRetrievalStatus, VadSignalType, VoiceActivityType,
};
use super::message::message;
use super::scalar::{Int64, Opaque, WireDuration};
use super::setup::VoiceConsentSignature;

message! {
    /// A message of the service. Usually one field is present; if there are several, each counts.
    ServerMessage {
        /// The answer to `setup`.
        setup_complete: Option<SetupComplete>,
        /// The conversation itself.
        server_content: Option<ServerContent>,
        /// Function calls of the model.
        tool_call: Option<ToolCall>,
        /// Calls that need no answer any more.
        tool_call_cancellation: Option<ToolCallCancellation>,
        /// Token counts.
        usage_metadata: Option<UsageMetadata>,
        /// The connection will end soon.
        go_away: Option<GoAway>,
        /// A new state of resumption.
        session_resumption_update: Option<SessionResumptionUpdate>,
        /// Speech detected in the input.
        voice_activity: Option<VoiceActivity>,
        /// The older signal for the same.
        voice_activity_detection_signal: Option<VoiceActivityDetectionSignal>,
    }
}

message! {
    /// The answer to `setup`.
    SetupComplete {
        /// The session's name, mainly on Vertex.
        session_id: Option<String>,
        /// For custom voices.
        voice_consent_signature: Option<VoiceConsentSignature>,
    }
}

message! {
    /// The conversation itself (PROTOCOL.md §3.1). Every field counts, whichever others are there.
    ServerContent {
        /// A piece of the reply.
        model_turn: Option<Content>,
        /// The reply is generated completely; it may still be playing.
        generation_complete: Option<bool>,
        /// The turn is over.
        turn_complete: Option<bool>,
        /// The user interrupted: stop playing.
        interrupted: Option<bool>,
        /// A piece of what the user said.
        input_transcription: Option<Transcription>,
        /// A piece of what the model said.
        output_transcription: Option<Transcription>,
        /// A draft of what the user says; replaces the previous draft.
        interim_input_transcription: Option<Transcription>,
        /// The sources of the reply.
        grounding_metadata: Option<GroundingMetadata>,
        /// Which pages were read.
        url_context_metadata: Option<UrlContextMetadata>,
        /// Why the turn ended without a normal reply.
        turn_complete_reason: Option<TurnCompleteReason>,
        /// The model stays silent on purpose.
        waiting_for_input: Option<bool>,
        /// Whether the model continues without further input.
        interaction_status: Option<InteractionStatus>,
    }
}

message! {
    /// Function calls of the model.
    ToolCall {
        /// Each needs a response with its id.
        function_calls: Vec<FunctionCall>,
    }
}

message! {
    /// Calls that need no response any more, after an interruption.
    ToolCallCancellation {
        /// Their ids.
        ids: Vec<String>,
    }
}

message! {
    /// The connection will end soon.
    GoAway {
        /// The time until then.
        time_left: Option<WireDuration>,
    }
}

message! {
    /// A new state of resumption (PROTOCOL.md §3.2).
    SessionResumptionUpdate {
        /// The handle for resuming.
        new_handle: Option<String>,
        /// Whether the session can be resumed now; absent means no.
        resumable: Option<bool>,
        /// The last client message that the handle covers; Vertex, transparent mode.
        last_consumed_client_message_index: Option<Int64>,
    }
}

message! {
    /// Speech detected in the input.
    VoiceActivity {
        /// Start or end.
        voice_activity_type: Option<VoiceActivityType>,
        /// Where in the input.
        audio_offset: Option<WireDuration>,
    }
}

message! {
    /// The older signal for speech detected in the input.
    VoiceActivityDetectionSignal {
        /// Start or end.
        vad_signal_type: Option<VadSignalType>,
    }
}

message! {
    /// The token counts of one turn (PROTOCOL.md §3.3). The prompt is the whole context so far.
    UsageMetadata {
        /// The prompt.
        prompt_token_count: Option<i64>,
        /// The part of the prompt that was cached.
        cached_content_token_count: Option<i64>,
        /// The reply.
        response_token_count: Option<i64>,
        /// The same as Vertex AI names it.
        candidates_token_count: Option<i64>,
        /// What tools added to the prompt.
        tool_use_prompt_token_count: Option<i64>,
        /// Thoughts; not always part of the total.
        thoughts_token_count: Option<i64>,
        /// The sum as the service counts it.
        total_token_count: Option<i64>,
        /// The prompt by modality; need not add up to the count.
        prompt_tokens_details: Vec<ModalityTokenCount>,
        /// The cached part by modality.
        cache_tokens_details: Vec<ModalityTokenCount>,
        /// The reply by modality.
        response_tokens_details: Vec<ModalityTokenCount>,
        /// The same as Vertex AI names it.
        candidates_tokens_details: Vec<ModalityTokenCount>,
        /// What tools added, by modality.
        tool_use_prompt_tokens_details: Vec<ModalityTokenCount>,
        /// Vertex only.
        traffic_type: Option<String>,
        /// `standard`, `flex`, `priority`.
        service_tier: Option<String>,
    }
}

message! {
    /// Tokens of one modality.
    ModalityTokenCount {
        /// Which.
        modality: Option<Modality>,
        /// How many.
        token_count: Option<i64>,
    }
}

message! {
    /// The sources of a reply.
    GroundingMetadata {
        /// What Google asks to be displayed.
        search_entry_point: Option<SearchEntryPoint>,
        /// The sources.
        grounding_chunks: Vec<GroundingChunk>,
        /// Which sentence is based on which source.
        grounding_supports: Vec<GroundingSupport>,
        /// What was searched for.
        web_search_queries: Vec<String>,
        /// What was searched for among pictures.
        image_search_queries: Vec<String>,
        /// What was searched for among documents.
        retrieval_queries: Vec<String>,
        /// How sure the search was.
        retrieval_metadata: Option<Opaque>,
        /// For a map.
        google_maps_widget_context_token: Option<String>,
    }
}

message! {
    /// What Google asks to be displayed beside grounded replies.
    SearchEntryPoint {
        /// An HTML snippet: untrusted markup, to be sandboxed.
        rendered_content: Option<String>,
    }
}

message! {
    /// One source.
    GroundingChunk {
        /// A page.
        web: Option<WebSource>,
        /// A place.
        maps: Option<Opaque>,
        /// A document.
        retrieved_context: Option<Opaque>,
        /// A picture.
        image: Option<Opaque>,
    }
}

message! {
    /// A page.
    WebSource {
        /// Its address.
        uri: Option<String>,
        /// Its title, often the host alone.
        title: Option<String>,
        /// Its host.
        domain: Option<String>,
    }
}

message! {
    /// Which sentence is based on which source.
    GroundingSupport {
        /// The sentence.
        segment: Option<Segment>,
        /// Indices into the sources.
        grounding_chunk_indices: Vec<i64>,
        /// How sure, per source.
        confidence_scores: Vec<f64>,
    }
}

message! {
    /// A piece of the reply's text.
    Segment {
        /// Which part.
        part_index: Option<i64>,
        /// First byte.
        start_index: Option<i64>,
        /// One past the last byte.
        end_index: Option<i64>,
        /// The text.
        text: Option<String>,
    }
}

message! {
    /// Which pages were read.
    UrlContextMetadata {
        /// The pages.
        url_metadata: Vec<UrlMetadata>,
    }
}

message! {
    /// A page that was read, or could not be.
    UrlMetadata {
        /// Its address.
        retrieved_url: Option<String>,
        /// How it went.
        url_retrieval_status: Option<UrlRetrievalStatus>,
    }
}
