//! What a server objects to in a question, by its status and its own words, and how to ask again. Pure.
//!
//! The words are those of Ollama, LM Studio, llama.cpp, llama-cpp-python, vLLM and LocalAI, in the versions of 2024 to 2026.

use super::chat_request::{Functions, Quick, Shape};

/// What a server objects to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Objection {
    /// The model is not ready yet.
    Loading,
    /// The conversation is longer than what the model reads.
    TooLong,
    Picture,
    Functions,
    /// A system message, or the order of the messages.
    System,
    /// Being told not to think.
    Quick,
    /// Something, not said what.
    Something,
    /// Nothing that another question would change.
    Final,
}

const TOO_LONG: [&str; 12] = [
    "context size",
    "context length",
    "context window",
    "context_length_exceeded",
    "exceed_context",
    "maximum context",
    "context the overflows",
    "context overflow",
    "too many tokens",
    "prompt is too long",
    "input is too long",
    "n_ctx",
];
const FUNCTIONS: [&str; 6] =
    ["tool", "function call", "functions are not", "--jinja", "parallel_tool", "grammar"];
const PICTURE: [&str; 7] =
    ["image", "vision", "multimodal", "multi-modal", "mmproj", "content type", "content part"];
const SYSTEM: [&str; 4] = ["system role", "system message", "roles must alternate", "role must"];
const QUICK: [&str; 6] = [
    "reasoning_effort",
    "reasoning effort",
    "chat_template_kwargs",
    "enable_thinking",
    "thinking",
    "reasoning value",
];

/// Returns what a server objects to that answers with this status and these words.
pub(super) fn objection(status: u16, words: &str) -> Objection {
    let words = words.to_lowercase();
    let says = |all: &[&str]| all.iter().any(|one| words.contains(one));
    match status {
        _ if says(&TOO_LONG) => Objection::TooLong,
        // Jan has the model on disk, and it must be started there.
        503 if words.contains("no models") => Objection::Final,
        503 => Objection::Loading,
        400 | 413 | 415 | 422 | 500 | 501 => {
            if says(&QUICK) {
                Objection::Quick
            } else if says(&SYSTEM) {
                Objection::System
            } else if says(&FUNCTIONS) {
                Objection::Functions
            } else if says(&PICTURE) {
                Objection::Picture
            } else {
                Objection::Something
            }
        }
        _ => Objection::Final,
    }
}

/// Returns how to ask again; `None` when there is no other way.
pub(super) fn without(shape: Shape, objection: Objection, messages: usize) -> Option<Shape> {
    match objection {
        Objection::Loading => Some(shape),
        Objection::Final => None,
        Objection::TooLong => shorter(shape, messages),
        Objection::Picture => shape.picture.then_some(Shape { picture: false, ..shape }),
        Objection::System => shape.system.then_some(Shape { system: false, ..shape }),
        Objection::Functions => match shape.functions {
            Functions::Declared => Some(Shape { functions: Functions::InWords, ..shape }),
            Functions::InWords => Some(Shape { functions: Functions::None, ..shape }),
            Functions::None => None,
        },
        Objection::Quick => match shape.quick {
            Quick::Both => Some(Shape { quick: Quick::ByTemplate, ..shape }),
            Quick::ByTemplate => Some(Shape { quick: Quick::No, ..shape }),
            Quick::No => None,
        },
        // The least missed first.
        Objection::Something => [
            (shape.quick != Quick::No).then_some(Shape { quick: Quick::No, ..shape }),
            without(shape, Objection::Picture, messages),
            (shape.functions == Functions::Declared)
                .then_some(Shape { functions: Functions::InWords, ..shape }),
        ]
        .into_iter()
        .flatten()
        .next(),
    }
}

/// Half of the messages, and at last no functions.
pub(super) fn shorter(shape: Shape, messages: usize) -> Option<Shape> {
    let sent = shape.newest.min(messages);
    if sent > 1 {
        return Some(Shape { newest: sent / 2, ..shape });
    }
    (shape.functions != Functions::None).then_some(Shape { functions: Functions::None, ..shape })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_understood_by_their_words() {
        for (status, words, expected) in [
            // llama.cpp
            (
                503,
                r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
                Objection::Loading,
            ),
            (
                400,
                r#"{"error":{"code":400,"message":"request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it","type":"exceed_context_size_error"}}"#,
                Objection::TooLong,
            ),
            (
                500,
                r#"{"error":{"code":500,"message":"tools param requires --jinja flag"}}"#,
                Objection::Functions,
            ),
            (
                500,
                r#"{"error":{"message":"image input is not supported - hint: if this is unexpected, you may need to provide the mmproj"}}"#,
                Objection::Picture,
            ),
            // Ollama
            (400, "registry.ollama.ai/library/gemma3:latest does not support tools", Objection::Functions),
            (
                400,
                "invalid reasoning value: \"none\" (must be \"high\", \"medium\" or \"low\")",
                Objection::Quick,
            ),
            (404, "model \"qwen3\" not found, try pulling it first", Objection::Final),
            (503, "server busy, please try again. maximum pending requests exceeded", Objection::Loading),
            // LM Studio, within a stream
            (
                400,
                "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens",
                Objection::TooLong,
            ),
            // vLLM
            (
                400,
                "This model's maximum context length is 4096 tokens. However, you requested 5024 tokens (4000 in the messages, 1024 in the completion).",
                Objection::TooLong,
            ),
            (
                400,
                "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set",
                Objection::Functions,
            ),
            (400, "Conversation roles must alternate user/assistant/user/assistant/...", Objection::System),
            (400, "[{'type': 'literal_error', 'loc': ('body', 'reasoning_effort')}]", Objection::Quick),
            (400, "gemma is not a multimodal model", Objection::Picture),
            // llama-cpp-python
            (
                400,
                "This model's maximum context length is 512 tokens, however you requested 1200 tokens",
                Objection::TooLong,
            ),
            // Jan
            (503, "No models are available", Objection::Final),
            // LocalAI
            (500, "rpc error: code = Unknown desc = unimplemented", Objection::Something),
            (401, "Authentication failed: image", Objection::Final),
        ] {
            assert_eq!(objection(status, words), expected, "{words}");
        }
    }

    #[test]
    fn every_objection_comes_to_an_end() {
        let shape = Shape {
            picture: true,
            functions: Functions::Declared,
            system: true,
            quick: Quick::Both,
            newest: 32,
        };
        for objection in [
            Objection::TooLong,
            Objection::Picture,
            Objection::Functions,
            Objection::System,
            Objection::Quick,
            Objection::Something,
            Objection::Final,
        ] {
            let mut asked = 1;
            let mut next = without(shape, objection, 32);
            while let Some(shape) = next {
                asked += 1;
                next = without(shape, objection, 32);
            }
            assert!(asked <= 7, "{objection:?}: {asked}");
        }
    }
}
