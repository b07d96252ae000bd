//! What each subcommand takes. Plain data.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, ValueEnum};
use live_server::WebOrigin;

use crate::contract::Settings;

/// How the window opens.
#[derive(Clone, Debug, Default, Args)]
pub struct WindowArgs {
    /// Use the settings in this JSON file, and leave the saved settings unchanged
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// Start the conversation at once
    #[arg(long)]
    pub start: bool,
}

/// Arguments of `talk`.
#[derive(Clone, Debug, Default, Args)]
pub struct TalkArgs {
    /// gemini, vertex, vertex-express, practice, ws:// to this computer or wss://; the default is gemini when there is
    /// a key, else practice
    #[arg(long, value_name = "WHERE")]
    pub endpoint: Option<String>,
    /// Talk with the practice partner on this computer: no key, no network
    #[arg(long, alias = "rehearse", conflicts_with = "endpoint")]
    pub practice: bool,
    /// How the practice partner thinks
    #[command(flatten)]
    pub think: ThinkArgs,
    /// Take the settings from this JSON file
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// The model's id (`vivavoce models` lists them)
    #[arg(long)]
    pub model: Option<String>,
    /// The voice's name
    #[arg(long)]
    pub voice: Option<String>,
    /// The system instruction
    #[arg(long, value_name = "TEXT")]
    pub instructions: Option<String>,
    /// Say this by typing; may be given several times, each after the answer to the last
    #[arg(long, value_name = "TEXT", value_parser = words)]
    pub text: Vec<String>,
    /// Show this picture (JPEG or PNG, scaled as the camera's) before anything is said; may be given several times
    #[arg(long, value_name = "FILE")]
    pub image: Vec<PathBuf>,
    /// A microphone's id or a part of its name, a .wav file, or none; without it the default, or none beside --text
    #[arg(long, value_name = "MIC")]
    pub mic: Option<String>,
    /// A speaker's id or a part of its name, or none; without it the default
    #[arg(long, value_name = "SPEAKER")]
    pub speaker: Option<String>,
    /// Switch on this camera: its id, a part of its name, or default
    #[arg(long, value_name = "CAMERA")]
    pub camera: Option<String>,
    /// Write the replies to this file: 24 kHz, mono, 16 bit; FLAC when its name ends so, else WAV
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Write each event to this file, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// Write each frame sent and received there too; sound and pictures as their size, or whole with --wire=full
    #[arg(
        long,
        value_name = "DETAIL",
        requires = "events",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "short"
    )]
    pub wire: Option<WireDetail>,
    /// Offer the functions of this file (docs/TOOLS.md) to the model
    #[arg(long, value_name = "FILE")]
    pub tools: Option<PathBuf>,
    /// Offer the tools of the MCP servers of this file (docs/TOOLS.md); without FILE the app's own mcp.json
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "", value_parser = file_or_none())]
    pub mcp: Option<PathBuf>,
    /// Let this tool run without a question, or every tool of this MCP server, or those that only read with
    /// SERVER:read-only; may be given several times. Nobody can be asked here, so a tool that needs permission is refused
    /// otherwise
    #[arg(long, value_name = "NAME")]
    pub allow: Vec<String>,
    /// Let every tool run without a question
    #[arg(long)]
    pub allow_all: bool,
    /// End after the first complete turn (turn), or after so many seconds at the latest; may be given twice
    #[arg(long, value_name = "turn|SECONDS")]
    pub until: Vec<Until>,
}

/// A text that says something: nobody would answer a blank one.
fn words(text: &str) -> Result<String, &'static str> {
    let says_something =
        text.chars().any(|c| !c.is_whitespace() && !c.is_control() && c != '\u{200b}' && c != '\u{feff}');
    says_something.then(|| text.to_owned()).ok_or("it is empty, and nothing would be answered")
}

/// What the practice partner thinks with.
#[derive(Clone, Debug, Default, Args)]
pub struct ThinkArgs {
    /// Let the practice partner think with a language model at this OpenAI-compatible address, such as
    /// http://127.0.0.1:11434/v1; its key, if it wants one, in VIVAVOCE_THINK_KEY, which
    /// goes to this server, or to the one that VIVAVOCE_THINK_URL names, and to no other
    #[arg(long = "think", value_name = "URL", requires = "model_name")]
    pub url: Option<String>,
    /// Let it think with a language model that Ollama, LM Studio, llama.cpp, Jan, vLLM or LocalAI serves on this computer: the one
    /// of this name, or one that calls functions (`vivavoce doctor` lists them)
    #[arg(
        long = "local-model",
        value_name = "NAME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        conflicts_with = "url"
    )]
    pub local: Option<String>,
    /// That model's name
    #[arg(long = "think-model", id = "model_name", value_name = "NAME", requires = "url")]
    pub model: Option<String>,
}

impl ThinkArgs {
    /// Puts them into the settings, when they are given.
    pub(crate) fn put(&self, settings: &mut Settings) {
        if self.url.is_some() {
            settings.think_url.clone_from(&self.url);
            settings.think_model.clone_from(&self.model);
        }
    }
}

/// How much of a frame is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WireDetail {
    /// Sound and pictures as their size in bytes
    Short,
    /// Everything, as it was
    Full,
}

/// When a conversation ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// After the first complete turn.
    Turn,
    /// After this time.
    Time(Duration),
}

impl FromStr for Until {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "turn" {
            return Ok(Self::Turn);
        }
        let seconds = text.parse().ok().filter(|seconds| (0.0..1e9).contains(seconds));
        seconds.map(|seconds| Self::Time(Duration::from_secs_f64(seconds))).ok_or("give turn or seconds")
    }
}

impl TalkArgs {
    /// Whether it is to end with an answer that nothing asks for: there is neither a microphone nor a text.
    pub(crate) fn asks_nothing(&self, has_microphone: bool) -> bool {
        self.until.contains(&Until::Turn) && !has_microphone && self.text.is_empty()
    }

    /// After which time it is over, if after any.
    pub(crate) fn time_limit(&self) -> Option<Duration> {
        let times = self.until.iter().filter_map(|until| match until {
            Until::Time(time) => Some(*time),
            Until::Turn => None,
        });
        times.min()
    }
}

/// Arguments of `serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Where to listen; loopback only
    #[arg(long, default_value = "127.0.0.1:8765", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// Listen on this port of 127.0.0.1; 0 takes a free one, which the ready line names
    #[arg(long, conflicts_with = "listen")]
    pub port: Option<u16>,
    /// Print the ready line as JSON
    #[arg(long)]
    pub json: bool,
    /// Accept only this API key. Everyone on this computer can read it here: put it into VIVAVOCE_SERVE_KEY instead
    #[arg(long)]
    pub key: Option<String>,
    /// Serve the web pages of this origin, such as http://localhost:5173; may be given several times. No page is served
    /// otherwise
    #[arg(long = "allow-origin", value_name = "URL")]
    pub allow_origins: Vec<WebOrigin>,
    /// End each connection after so many seconds, as the service does after about ten minutes; goAway comes a minute
    /// before, or at half of a shorter time
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    pub connection_limit: Option<u32>,
    /// Serve the models that the service has shut down as well, such as gemini-2.0-flash-live-001
    #[arg(long)]
    pub retired_models: bool,
    /// How the practice partner thinks
    #[command(flatten)]
    pub think: ThinkArgs,
    /// Answer by this script, with chosen words, calls, silences and faults; or by the server's half of a recording
    /// (docs/SDK.md)
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// Write every frame that clients send and receive to this file, one JSON object a line; keys and tokens are taken out
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
    /// Let --record overwrite a file that has something in it
    #[arg(long, requires = "record")]
    pub overwrite: bool,
    /// Keep the received pictures in this folder, the newest 5,000 or 1 GB of them, readable by you alone
    #[arg(long, value_name = "FOLDER")]
    pub pictures: Option<PathBuf>,
}

impl ServeArgs {
    /// Where to listen: the port alone says no other address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.port.map_or(self.listen, |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    }
}

/// Arguments of `models` and `devices`.
#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `tools`.
#[derive(Clone, Debug, Args)]
pub struct ToolsArgs {
    /// Copy the MCP servers of another program's file (Claude Desktop, VS Code, Cursor) into the app's own mcp.json; headers
    /// and secret variables go into the keyring
    #[arg(long, value_name = "FILE", exclusive = true)]
    pub import: Option<PathBuf>,
    /// Also the functions of this file
    #[arg(long, value_name = "FILE")]
    pub tools: Option<PathBuf>,
    /// Also the tools of the MCP servers of this file, which are started; without FILE the app's own mcp.json
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "", value_parser = file_or_none())]
    pub mcp: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `doctor`.
#[derive(Clone, Debug, Args)]
pub struct DoctorArgs {
    /// Use the settings in this JSON file
    #[arg(long, value_name = "FILE")]
    pub profile: Option<PathBuf>,
    /// Check what the practice partner needs
    #[arg(long, alias = "rehearse")]
    pub practice: bool,
    /// Start the MCP servers of this file; without it those of the app's own mcp.json
    #[arg(long, value_name = "FILE")]
    pub mcp: Option<PathBuf>,
    /// Make no connection
    #[arg(long)]
    pub offline: bool,
    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// A file, or nothing for the usual one: clap's own parser of paths takes no empty value.
fn file_or_none() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_is_a_turn_or_a_time_that_a_clock_can_hold() {
        assert_eq!("turn".parse(), Ok(Until::Turn));
        assert_eq!("2.5".parse(), Ok(Until::Time(Duration::from_millis(2500))));
        for nonsense in ["", "soon", "-1", "NaN", "inf", "1e300"] {
            assert!(nonsense.parse::<Until>().is_err(), "{nonsense}");
        }
        let both = TalkArgs { until: vec![Until::Turn, "3".parse().unwrap()], ..TalkArgs::default() };
        assert_eq!(both.time_limit(), Some(Duration::from_secs(3)));
    }
}
