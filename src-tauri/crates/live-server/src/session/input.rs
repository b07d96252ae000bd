//! What a client sends after its setup, taken apart: sound, pictures, words, answers, other tools. Decides what is refused;
//! what follows from it is the conversation's business.

use bytes::Bytes;
use dsp::{pcm, resample::PcmResampler};
use live_proto::catalogue::{History, MediaChunks};
use live_proto::wire::{
    Blob, ClientContent, ClientMessage, Content, ContextUpdate, RealtimeInput, VoiceActivityType,
};
use tokio::time::Instant;

use super::conversation::{Checkpoint, Conversation, TurnSource, samples_ms};
use super::message_rules::{check_answer, check_turn, has_type, is_system};
use super::negotiated_setup::text_of;
use super::outbox::{Outbox, activity};
use super::setup_rules::functions_of;
use super::turn_detector::{TurnAudio, TurnEvent};
use super::turn_state::Source;
use super::{SETUP_CAP, weight};
use crate::agent::{Duty, Event, INPUT_RATE, Prompt, Role};
use crate::close::Closing;
use crate::config::ReceivedAudio;

/// The longest text that is thought about, in characters.
const TEXT_CAP: usize = 16_000;
/// Sound that is listened to at once, in bytes: an even number.
const PIECE: usize = 64 << 10;

impl Conversation {
    /// Takes a message that came in a frame of `bytes`.
    pub(super) fn on_message(
        &mut self,
        message: ClientMessage,
        bytes: usize,
        now: Instant,
        out: &mut Outbox,
    ) -> Result<(), Closing> {
        self.messages += 1;
        let taken = self.take(message, bytes, now, out);
        // What was said and is not understood yet is in no handle either.
        if !self.is_speaking() && !self.agent.is_understanding() {
            self.checkpoint = Checkpoint { message: self.messages, heard: self.saved.heard };
        }
        self.answer_what_waits(now, out);
        taken
    }

    fn take(
        &mut self,
        message: ClientMessage,
        bytes: usize,
        now: Instant,
        out: &mut Outbox,
    ) -> Result<(), Closing> {
        if self.setup.refused_later {
            return Err(Closing::invalid_argument());
        }
        match message {
            ClientMessage::Setup(_) => Err(Closing::invalid_argument()),
            ClientMessage::RealtimeInput(input) => self.realtime(input, now, out),
            ClientMessage::ClientContent(content) => self.client_content(content, now, out),
            ClientMessage::ToolResponse(response) => {
                response
                    .function_responses
                    .iter()
                    .try_for_each(|answer| check_answer(answer, &self.setup))?;
                self.tool_response(response, now, out)
            }
            ClientMessage::ContextUpdate(_) if bytes > SETUP_CAP => Err(Closing::invalid_argument()),
            ClientMessage::ContextUpdate(update) => self.context_update(update, bytes, now),
        }
    }

    fn realtime(&mut self, input: RealtimeInput, now: Instant, out: &mut Outbox) -> Result<(), Closing> {
        self.media_chunks(input.media_chunks, now, out)?;
        if let Some(audio) = &input.audio {
            self.audio(audio, now, out)?;
        }
        if let Some(picture) = input.video {
            self.picture(picture, true, now)?;
        }
        if let Some(text) = input.text {
            let text = self.written(&text);
            if has_words(&text) {
                self.agent.on_event(Event::Wrote(&text), now);
                self.ask(Prompt::Text(text), Source::Stream, now, out);
            } else {
                self.nudge(Source::Stream, now, out);
            }
        }
        if input.audio_stream_end == Some(true)
            && let TurnSource::Automatic(detector) = &mut self.turn_source
            && let Some(TurnEvent::LlmOutcome(audio)) = detector.flush()
        {
            self.on_speech_ended(audio, now, out);
        }
        if input.activity_start.is_some() {
            let TurnSource::Marked(turn) = &mut self.turn_source else { return Err(explicit_control()) };
            *turn = Some(TurnAudio::default());
            if self.setup.duty == Duty::Transcribe {
                self.send_activity(VoiceActivityType::Start, out);
            }
            self.on_speech_started(now, out);
        }
        if input.activity_end.is_some() {
            let TurnSource::Marked(turn) = &mut self.turn_source else { return Err(explicit_control()) };
            if let Some(turn) = turn.take() {
                self.on_speech_ended(turn.finish(0), now, out);
            }
        }
        Ok(())
    }

    /// The form of older clients, which older models still take.
    fn media_chunks(&mut self, chunks: Vec<Blob>, now: Instant, out: &mut Outbox) -> Result<(), Closing> {
        if !chunks.is_empty() && self.setup.behaviour.media_chunks == MediaChunks::Refused {
            return Err(Closing::media_chunks());
        }
        for chunk in chunks {
            if has_type(&chunk, "image/") {
                self.picture(chunk, true, now)?;
            } else {
                self.audio(&chunk, now, out)?;
            }
        }
        Ok(())
    }

    fn audio(&mut self, blob: &Blob, now: Instant, out: &mut Outbox) -> Result<(), Closing> {
        let rate = blob.pcm_rate(INPUT_RATE).filter(|rate| (4_000..=192_000).contains(rate));
        let rate = rate.ok_or_else(Closing::invalid_argument)?;
        // A message may hold minutes: piece by piece, so that it is never in memory several times over.
        for piece in blob.bytes().chunks(PIECE) {
            let samples = pcm::samples(piece).collect();
            self.sound(samples, rate, now, out)?;
        }
        Ok(())
    }

    fn sound(&mut self, samples: Vec<i16>, rate: u32, now: Instant, out: &mut Outbox) -> Result<(), Closing> {
        let samples = self.at_16_khz(samples, rate)?;
        let ms = samples_ms(samples.len());
        self.shared.received.audio(ms);
        if let Some(observe) = &self.shared.config.audio_observer {
            observe(&ReceivedAudio { session: self.id(), at: self.saved.heard, samples: &samples });
        }
        self.saved.heard += samples.len() as u64;
        self.received_ms += ms;
        if self.setup.all_audio_counts {
            self.saved.context.add_audio_ms(ms);
        }
        let mut events = Vec::new();
        match &mut self.turn_source {
            TurnSource::Automatic(detector) => detector.push(&samples, &mut events),
            TurnSource::Marked(Some(turn)) => turn.push(&samples),
            TurnSource::Marked(None) => {}
        }
        for event in events {
            match event {
                TurnEvent::Started => {
                    self.send_activity(VoiceActivityType::Start, out);
                    self.on_speech_started(now, out);
                }
                TurnEvent::Paused => self.go_on_listening(true, now),
                TurnEvent::Resumed => self.agent.on_event(Event::SpeechResumed, now),
                TurnEvent::LlmOutcome(audio) => {
                    self.send_activity(VoiceActivityType::End, out);
                    self.on_speech_ended(audio, now, out);
                }
            }
        }
        self.go_on_listening(false, now);
        Ok(())
    }

    /// Tells the client where speech starts or ends, if it wants to know. Models that transcribe tell its start unasked, and
    /// its end behind the transcript.
    fn send_activity(&self, kind: VoiceActivityType, out: &mut Outbox) {
        let is_told = match self.setup.duty {
            Duty::Transcribe => kind == VoiceActivityType::Start,
            Duty::Converse | Duty::Interpret { .. } => self.setup.tells_activity,
        };
        if is_told {
            out.push(&activity(kind, self.received_ms));
        }
    }

    /// Shows the agent what there is of the turn in progress.
    fn go_on_listening(&mut self, in_pause: bool, now: Instant) {
        let turn = match &self.turn_source {
            TurnSource::Automatic(detector) => detector.turn(),
            TurnSource::Marked(turn) => turn.as_ref().map(TurnAudio::so_far),
        };
        let Some(turn) = turn else { return };
        self.agent.on_event(if in_pause { Event::SpeechPaused(turn) } else { Event::Speech(turn) }, now);
    }

    fn at_16_khz(&mut self, samples: Vec<i16>, rate: u32) -> Result<Vec<i16>, Closing> {
        if rate == INPUT_RATE {
            self.resampler = None;
            return Ok(samples);
        }
        let same = self.resampler.take().filter(|resampler| resampler.from_rate() == rate);
        let resampler = match same {
            Some(resampler) => resampler,
            None => PcmResampler::new(rate, INPUT_RATE).map_err(|_| Closing::invalid_argument())?,
        };
        let mut converted = Vec::new();
        self.resampler.insert(resampler).push(&samples, &mut converted);
        Ok(converted)
    }

    fn picture(&mut self, blob: Blob, streamed: bool, now: Instant) -> Result<(), Closing> {
        let is_image = has_type(&blob, "image/");
        let Some(data) = blob.data.filter(|data| is_image && !data.0.is_empty()) else {
            return Err(Closing::invalid_argument());
        };
        let picture = Bytes::from(data.0);
        let size = self.shared.received.picture(picture.clone());
        self.agent.on_event(Event::Picture { bytes: picture, size, streamed }, now);
        self.saved.context.add_picture(self.setup.resolution.as_ref());
        Ok(())
    }

    /// Counts a written text and cuts it to what is thought about.
    fn written(&mut self, text: &str) -> String {
        self.shared.received.text();
        self.saved.context.add_text(text);
        text.chars().take(TEXT_CAP).collect()
    }

    fn client_content(
        &mut self,
        content: ClientContent,
        now: Instant,
        out: &mut Outbox,
    ) -> Result<(), Closing> {
        let seeding = self.setup.seeding;
        if !seeding && self.setup.history != History::ClientContent {
            return Err(Closing::invalid_argument());
        }
        content.turns.iter().try_for_each(|turn| check_turn(turn, &self.setup.behaviour))?;
        let complete = content.turn_complete == Some(true);
        let spoken = if complete && !seeding { spoken(&content.turns)? } else { Vec::new() };
        let mut asked = None;
        for turn in content.turns {
            asked = self.add_turn(turn, now)?;
        }
        if seeding {
            self.setup.seeding = !complete;
            return Ok(());
        }
        if !spoken.is_empty() {
            self.interrupt(Source::Typed, now, out);
            self.on_speech_ended(spoken, now, out);
            return Ok(());
        }
        if !complete && asked.is_some() {
            self.answered = None;
        }
        match asked {
            // Content that is not complete asks for nothing; it cuts a reply all the same, where turns do.
            _ if !complete && self.typed_text_cuts() => self.interrupt(Source::Typed, now, out),
            _ if !complete => {}
            Some(text) => self.ask(Prompt::Text(text), Source::Typed, now, out),
            None => self.nudge(Source::Typed, now, out),
        }
        Ok(())
    }

    /// Adds a turn to the history; returns its text if it is the user's. One without words is none: clients send it to have
    /// answered what stands unanswered.
    fn add_turn(&mut self, turn: Content, now: Instant) -> Result<Option<String>, Closing> {
        if is_system(&turn) {
            self.instruct(&turn, now);
            return Ok(None);
        }
        let mut texts = Vec::new();
        for part in turn.parts {
            texts.extend(part.text.filter(|_| part.thought != Some(true)));
            if let Some(image) = part.inline_data.filter(|blob| has_type(blob, "image/")) {
                self.picture(image, false, now)?;
            }
        }
        let text = self.written(&texts.join(" "));
        if !has_words(&text) {
            return Ok(None);
        }
        let role = if turn.role.as_deref() == Some("model") { Role::Model } else { Role::User };
        self.agent.on_event(Event::Text(role, &text), now);
        Ok((role == Role::User).then_some(text))
    }

    fn context_update(&mut self, update: ContextUpdate, bytes: usize, now: Instant) -> Result<(), Closing> {
        if !self.room.hold(weight(bytes)) {
            return Err(Closing::busy());
        }
        if let Some(tools) = update.tools {
            let model = self.shared.catalogue.rules(&self.setup.model);
            let tools = tools.tools.unwrap_or_default();
            self.setup.functions = functions_of(&tools, model, &self.setup.behaviour)?.into();
            self.agent.on_event(Event::Functions(self.setup.functions.clone()), now);
        }
        if let Some(instructions) = update.system_instruction {
            self.instruct(&instructions, now);
        }
        Ok(())
    }

    /// Replaces the system instruction.
    fn instruct(&mut self, instructions: &Content, now: Instant) {
        self.agent.on_event(Event::Instructions(text_of(instructions)), now);
        for part in &instructions.parts {
            self.saved.context.add_text(part.text.as_deref().unwrap_or_default());
        }
    }
}

/// The sound of the last turn, if it is the user's: it is heard as if it had been spoken. Sound of earlier turns is not.
fn spoken(turns: &[Content]) -> Result<Vec<i16>, Closing> {
    let mut heard = TurnAudio::default();
    let last = turns.last().filter(|turn| turn.role.as_deref() != Some("model"));
    let blobs = last.into_iter().flat_map(|turn| &turn.parts).filter_map(|part| part.inline_data.as_ref());
    for (blob, rate) in blobs.filter_map(|blob| Some((blob, blob.pcm_rate(INPUT_RATE)?))) {
        let samples = pcm::samples(blob.bytes());
        if rate == INPUT_RATE {
            heard.push(&samples.collect::<Vec<i16>>());
            continue;
        }
        if !(4_000..=192_000).contains(&rate) {
            return Err(Closing::invalid_argument());
        }
        let mut resampler = PcmResampler::new(rate, INPUT_RATE).map_err(|_| Closing::invalid_argument())?;
        let mut converted = Vec::new();
        resampler.push(&samples.collect::<Vec<i16>>(), &mut converted);
        heard.push(&converted);
    }
    Ok(heard.finish(0))
}

/// Whether a text says anything: clients send a space or a full stop for nothing.
fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

fn explicit_control() -> Closing {
    Closing::new(
        1007,
        "Explicit activity control is not supported when automatic activity detection is enabled.",
    )
}
