//! What a model does in a session, on each API: the second half of an entry of `models.toml`. A server that stands for the
//! service acts by it; the app needs to know only whether a typed turn cuts. Pure data.

use serde::{Deserialize, Serialize};

/// A model's behavior on both APIs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Behaviours {
    /// On the Developer API.
    pub developer: Behaviour,
    /// On Vertex AI.
    pub vertex: Behaviour,
}

impl Behaviours {
    /// Returns the behavior on Vertex AI, or on the Developer API.
    pub fn on(&self, vertex: bool) -> &Behaviour {
        if vertex { &self.vertex } else { &self.developer }
    }
}

/// What a model takes and sends on one API. A field that `models.toml` leaves out has its default here.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, each of one kind of frame")]
pub struct Behaviour {
    // What it takes.
    /// `realtimeInput.mediaChunks`.
    pub media_chunks: MediaChunks,
    /// `enableAffectiveDialog: true`, where the API has the field.
    pub affective_dialog: AffectiveDialog,
    /// Tools that close the session.
    pub refused_tools: Vec<RefusedTool>,
    /// What a function that is declared `NON_BLOCKING` does.
    pub non_blocking: NonBlocking,
    /// Whether a turn must say whose it is.
    pub role_required: bool,
    /// A turn with the role `system`.
    pub system_turn: SystemTurn,
    /// Calls and their answers as parts of a turn.
    pub functions_in_turns: Taken,
    /// Sound as a part of a turn.
    pub audio_in_turns: Taken,
    /// MIME types that `functionResponse.parts` may not have.
    pub refused_in_answers: Vec<String>,
    /// Whether a history that was announced (`historyConfig`) is answered at its end; otherwise with the next input.
    pub answers_announced_history: bool,

    // What it sends.
    /// What becomes of what is said.
    pub task: Task,
    /// In which pieces a spoken turn is transcribed.
    pub transcript_pieces: TranscriptPieces,
    /// Which transcripts come without being asked for.
    pub transcript_unasked: Unasked,
    /// When `voiceActivity` is sent.
    pub voice_activity: VoiceActivitySent,
    /// Whether a typed turn (`clientContent`) cuts the reply; otherwise it is answered after it.
    pub typed_turn_cuts: bool,
    /// When thoughts are sent.
    pub thoughts: ThoughtsSent,
    /// Whether the words of a reply come before its sound.
    pub words_before_sound: bool,
    /// Whether all words of a reply come before any of its sound, if they are known by then.
    pub words_all_first: bool,
    /// Whether the model writes, and a voice reads out what it wrote: then it takes the modality TEXT, too.
    pub half_cascade: bool,
    /// Whether a piece of sound and its words share an event.
    pub events_together: bool,
    /// Whether an empty `serverContent` comes before a reply and before a call.
    pub empty_content_first: bool,
    /// When handles are sent.
    pub handles: HandlesSent,
    /// Whether a turn ends with its call, and a second turn follows the answer.
    pub call_ends_turn: bool,
    /// How the ids of calls look.
    pub call_ids: CallIds,
    /// Whether `modelTurn` says its role.
    pub model_role: bool,
    /// Whether the MIME type of sound says its rate.
    pub audio_rate: bool,
    /// Whether an empty output transcription comes first, and `finished` last.
    pub transcript_bounds: bool,
    /// Whether the end of a turn has an empty `groundingMetadata`.
    pub empty_grounding: bool,
    /// How the reply's tokens are named in the usage.
    pub usage_names: UsageNames,
    /// Whether `setupComplete` has a session id.
    pub session_id: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            media_chunks: MediaChunks::default(),
            affective_dialog: AffectiveDialog::default(),
            refused_tools: Vec::new(),
            non_blocking: NonBlocking::default(),
            role_required: false,
            system_turn: SystemTurn::default(),
            functions_in_turns: Taken::default(),
            audio_in_turns: Taken::default(),
            refused_in_answers: Vec::new(),
            answers_announced_history: false,
            task: Task::default(),
            transcript_pieces: TranscriptPieces::default(),
            transcript_unasked: Unasked::default(),
            voice_activity: VoiceActivitySent::default(),
            typed_turn_cuts: true,
            thoughts: ThoughtsSent::default(),
            words_before_sound: false,
            words_all_first: false,
            half_cascade: false,
            events_together: false,
            empty_content_first: false,
            handles: HandlesSent::default(),
            call_ends_turn: false,
            call_ids: CallIds::default(),
            model_role: false,
            audio_rate: true,
            transcript_bounds: false,
            empty_grounding: false,
            usage_names: UsageNames::default(),
            session_id: false,
        }
    }
}

/// Whether something is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Taken {
    /// It becomes part of the conversation.
    #[default]
    Taken,
    /// It closes the session.
    Refused,
}

/// What `realtimeInput.mediaChunks` does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaChunks {
    /// It closes the session.
    #[default]
    Refused,
    /// Each chunk counts as sound or as a picture, by its MIME type.
    Taken,
}

/// What `enableAffectiveDialog: true` does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AffectiveDialog {
    /// The setup is refused.
    #[default]
    Refused,
    /// The setup is accepted, and the first message after it closes the session.
    RefusedLater,
    /// It is taken.
    Taken,
}

/// A tool that a model refuses in words of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusedTool {
    /// Code run by the service.
    CodeExecution,
}

/// What `behavior: NON_BLOCKING` does in a declaration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NonBlocking {
    /// What it says, if the model's `functions` list it; otherwise it is refused.
    #[default]
    AsListed,
    /// It is taken, and the model is silent until the answer all the same.
    Waits,
}

/// What a turn with the role `system` does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemTurn {
    /// It closes the session.
    #[default]
    Refused,
    /// It replaces the system instruction.
    Instructs,
}

/// What a model does with what is said to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// It answers.
    #[default]
    Answers,
    /// It writes speech down and answers nothing: drafts while the person speaks, then the transcript and
    /// `generationComplete`.
    Transcribes,
    /// It says speech again in another language, and has no turns: nothing is cut, and no turn is said to be complete.
    Interprets,
}

/// How a spoken turn is transcribed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TranscriptPieces {
    /// In one message with all of it.
    #[default]
    Whole,
    /// Word by word, each with a space before it.
    Words,
}

/// Which transcripts come without being asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default)]
pub struct Unasked {
    /// That of the person's speech.
    pub input: bool,
    /// That of the model's.
    pub output: bool,
}

/// When `voiceActivity` is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VoiceActivitySent {
    /// For every start and end of speech, if `explicitVadSignal` asks for it.
    #[default]
    Asked,
    /// Unasked: `ACTIVITY_START` before `interrupted`, when speech cuts a reply. None when a text does.
    Unasked,
}

/// When thoughts are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ThoughtsSent {
    /// If `includeThoughts` asks for them.
    #[default]
    Asked,
    /// Unasked, one part before the sound of most replies.
    UnaskedFirst,
}

/// When `sessionResumptionUpdate` brings a handle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HandlesSent {
    /// After a turn.
    #[default]
    TurnEnd,
    /// In the middle of a turn as well, such as right after an answer to a call.
    MidTurn,
    /// After a turn; when the model takes up a typed turn, an update without a handle comes first.
    WithheldWhileTyped,
}

/// How the ids of calls look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallIds {
    /// `fc_` and a decimal number.
    #[default]
    FcDecimal,
    /// `function-call-` and a decimal number.
    FunctionCallDecimal,
    /// A UUID.
    Uuid,
}

/// How the tokens of a reply are named in `usageMetadata`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UsageNames {
    /// `responseTokenCount`, `responseTokensDetails`.
    #[default]
    Response,
    /// `candidatesTokenCount`, `candidatesTokensDetails`.
    Candidates,
}
