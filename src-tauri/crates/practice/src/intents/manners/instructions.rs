//! What of a system instruction can be followed: a name, how the user is called, short answers, a word at the end. Pure.

/// The longest name, in characters.
const NAME_CHARS: usize = 40;

/// What an instruction asks for, as far as it is understood.
#[derive(Clone, Debug, Default, PartialEq)]
pub(in crate::intents) struct Instructions {
    /// The partner's name.
    pub(in crate::intents) name: Option<String>,
    /// What the user is called.
    pub(in crate::intents) user: Option<String>,
    /// Whether one sentence is enough.
    is_brief: bool,
    /// What each answer begins or ends with.
    opening: Option<String>,
    ending: Option<String>,
}

impl Instructions {
    pub(in crate::intents) fn of(text: &str) -> Self {
        let text: String = text.replace('’', "'").chars().take(4_000).collect();
        let lower = text.to_ascii_lowercase();
        let after = |leads: &[&str]| {
            leads.iter().find_map(|lead| lower.find(lead).and_then(|at| text.get(at + lead.len()..)))
        };
        let name = after(&[
            "your name is ",
            "you are called ",
            "you're called ",
            "call yourself ",
            "named ",
            "my name for you is ",
            "go by the name ",
        ])
        .and_then(name_at);
        let name = name.or_else(|| {
            let rest = after(&["you are ", "you're ", "act as "])?;
            let first = rest.split(|c: char| !c.is_alphanumeric()).next()?;
            (first.starts_with(char::is_uppercase) && first.len() > 1).then(|| name_at(rest))?
        });
        let user = after(&[
            "call the user ",
            "address the user as ",
            "the user's name is ",
            "user is called ",
            "call me ",
            "the user is called ",
        ])
        .and_then(name_at);
        let brief = [
            "one sentence",
            "single sentence",
            "short answers",
            "be brief",
            "briefly",
            "be concise",
            "concisely",
            "keep it short",
            "keep answers short",
            "keep your answers short",
            "be short",
            "answer shortly",
            "in short sentences",
        ];
        let quoted = |leads: &[&str]| after(leads).and_then(quoted_in);
        Self {
            name,
            user,
            is_brief: brief.iter().any(|sign| lower.contains(sign)),
            opening: quoted(&[
                "begin every",
                "start every",
                "begin each",
                "start each",
                "always begin",
                "always start",
                "begin your answers",
                "start your answers",
            ]),
            ending: quoted(&[
                "end every",
                "end each",
                "always end",
                "finish every",
                "finish each",
                "always finish",
                "end your answers",
            ]),
        }
    }

    /// An answer as it was asked to be.
    pub(in crate::intents) fn applied(&self, said: &str) -> String {
        let mut said = if self.is_brief { first_sentence(said).to_owned() } else { said.to_owned() };
        if let Some(opening) = &self.opening {
            said = format!("{opening} {said}");
        }
        if let Some(ending) = &self.ending {
            said = format!("{said} {ending}");
        }
        said
    }
}

fn name_at(rest: &str) -> Option<String> {
    let rest = rest.trim_start_matches(['"', '“', '\'', ' ']);
    let large = |word: &&str| word.starts_with(char::is_uppercase);
    let end = rest.find(['.', ',', '!', '?', ';', '\n', '"', '”']).unwrap_or(rest.len());
    let name: Vec<&str> = rest[..end].split_whitespace().take_while(large).take(3).collect();
    let name = name.join(" ").trim_end_matches('\'').to_owned();
    (!name.is_empty()).then(|| name.chars().take(NAME_CHARS).collect())
}

fn quoted_in(rest: &str) -> Option<String> {
    let rest: &str = rest.split('\n').next()?;
    let start = rest.find(['"', '“', '\''])?;
    let inside = rest[start..].trim_start_matches(['"', '“', '\'']);
    let end = inside.find(['"', '”', '\''])?;
    let text = inside[..end].trim();
    let ended = if text.ends_with(['.', '!', '?', ',']) { text.to_owned() } else { format!("{text}.") };
    (!text.is_empty()).then(|| ended.chars().take(80).collect())
}

/// The first sentence of an answer, which a number with a point does not end.
fn first_sentence(said: &str) -> &str {
    let end = said.match_indices(['.', '!', '?']).find(|(at, mark)| {
        let rest = &said[at + mark.len()..];
        rest.starts_with(' ') && at + 1 >= 8
    });
    end.map_or(said, |(at, mark)| &said[..at + mark.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_brevity_are_followed() {
        let told = Instructions::of(
            "You are a helpful assistant. Your name is Vera. Answer in one sentence. Call the user Captain.",
        );
        assert_eq!((told.name.as_deref(), told.user.as_deref()), (Some("Vera"), Some("Captain")));
        assert_eq!(told.applied("I don't know that. But I can tell a joke."), "I don't know that.");
        assert_eq!(told.applied("It's 3.5 degrees. And windy."), "It's 3.5 degrees.");
        assert_eq!(Instructions::of("You are Marvin, a sad robot.").name.as_deref(), Some("Marvin"));
        assert_eq!(Instructions::of("You are a robot.").name, None);
        assert_eq!(Instructions::of("End every answer with \"over\".").applied("Yes."), "Yes. over.");
        assert_eq!(Instructions::of(""), Instructions::default());
    }
}
