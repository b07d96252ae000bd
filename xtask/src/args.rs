//! The command line.

/// A command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Run,
    Test,
    Check,
    Bindings,
    Cross,
    Icons,
    Bench,
    Fuzz,
    Clients,
    Screenshot,
    Assets,
}

/// A command with its options.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Args {
    pub(crate) task: Task,
    /// Install without asking.
    pub(crate) yes: bool,
    /// The only step to run.
    pub(crate) only: Option<String>,
    /// The name, for `bench`, `fuzz` and `clients`.
    pub(crate) what: Option<String>,
    /// How long, for `bench` and `fuzz`.
    pub(crate) seconds: Option<u32>,
    /// The arguments after `--`, for the app.
    pub(crate) rest: Vec<String>,
}

impl Args {
    /// Returns the arguments, `None` for help, or an error message.
    pub(crate) fn parse(words: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut words = words;
        let mut task = None;
        let (mut yes, mut only, mut rest) = (false, None, Vec::new());
        let (mut what, mut seconds) = (None, None);
        while let Some(word) = words.next() {
            match word.as_str() {
                "-h" | "--help" | "help" => return Ok(None),
                "-y" | "--yes" => yes = true,
                "--only" => only = Some(words.next().ok_or("--only wants the name of a step")?),
                "--seconds" => {
                    let number = words.next().and_then(|number| number.parse().ok());
                    seconds = Some(number.ok_or("--seconds wants a whole number")?);
                }
                "--" => rest = words.by_ref().collect(),
                name if task.is_none() => task = Some(Self::task(name)?),
                other
                    if matches!(task, Some(Task::Bench | Task::Fuzz | Task::Clients))
                        && what.is_none()
                        && !other.starts_with('-') =>
                {
                    what = Some(other.to_owned());
                }
                other => return Err(format!("`{other}` is not an option; the app's own stand behind `--`")),
            }
        }
        let task = task.ok_or("which command?")?;
        if !rest.is_empty() && task != Task::Run {
            return Err("only `run` hands arguments over".to_owned());
        }
        if seconds.is_some() && !matches!(task, Task::Fuzz | Task::Bench) {
            return Err("only `fuzz` and `bench` take --seconds".to_owned());
        }
        Ok(Some(Self { task, yes, only, what, seconds, rest }))
    }

    fn task(name: &str) -> Result<Task, String> {
        Ok(match name {
            "run" => Task::Run,
            "test" => Task::Test,
            "check" => Task::Check,
            "bindings" => Task::Bindings,
            "cross" => Task::Cross,
            "icons" => Task::Icons,
            "bench" => Task::Bench,
            "fuzz" => Task::Fuzz,
            "clients" => Task::Clients,
            "screenshot" => Task::Screenshot,
            "assets" => Task::Assets,
            _ => return Err(format!("`{name}` is not a command")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Args>, String> {
        Args::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn everything_behind_the_dashes_belongs_to_the_app() {
        let args = parse("run --yes -- --profile p.json --yes").unwrap().unwrap();
        assert_eq!(args.task, Task::Run);
        assert!(args.yes);
        assert_eq!(args.rest, ["--profile", "p.json", "--yes"]);
    }

    #[test]
    fn a_bench_or_a_fuzz_target_is_named() {
        let args = parse("fuzz server_frame --seconds 600").unwrap().unwrap();
        assert_eq!((args.what.as_deref(), args.seconds), (Some("server_frame"), Some(600)));
        assert_eq!(parse("bench codec").unwrap().unwrap().what.as_deref(), Some("codec"));
        assert_eq!(parse("clients adk").unwrap().unwrap().what.as_deref(), Some("adk"));
        assert_eq!(parse("bench").unwrap().unwrap().what, None);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert!(parse("").is_err());
        assert!(parse("rum").is_err());
        assert!(parse("run --profile p.json").is_err());
        assert!(parse("test --only").is_err());
        assert!(parse("test -- --nocapture").is_err());
        assert!(parse("test --seconds 3").is_err());
        assert!(parse("fuzz --seconds soon").is_err());
        assert!(parse("bench codec audio").is_err());
        assert_eq!(parse("run --help"), Ok(None));
    }
}
