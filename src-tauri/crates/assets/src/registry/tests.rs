//! pip and what surrounds it, by programs that a test writes itself. No registry is asked.

use super::*;

#[test]
fn the_size_of_a_folder_counts_what_lies_deeper() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("in")).expect("a folder");
    fs::write(folder.path().join("in/a"), [0; 10]).expect("written");
    fs::write(folder.path().join("b"), [0; 5]).expect("written");
    assert_eq!(bytes_in(folder.path()), 15);
    assert_eq!(bytes_in(&folder.path().join("gone")), 0);
}

#[cfg(unix)]
mod on_unix {
    use std::os::unix::fs::PermissionsExt;

    use sha2::{Digest, Sha256};

    use super::*;
    use crate::store::hex;

    const CONTENT: &[u8] = b"a package";

    struct Place {
        folder: tempfile::TempDir,
        package: Package,
    }

    impl Place {
        fn new() -> Self {
            let package = Package {
                name: "some-package".into(),
                version: "1".into(),
                file: "some_package-1.whl".into(),
                size: CONTENT.len() as u64,
                sha256: hex(&Sha256::digest(CONTENT)),
            };
            let place = Self { folder: tempfile::tempdir().expect("a folder"), package };
            // Those of the system are not asked.
            for name in ["python3", "python", "pip3", "pip"] {
                place.program(name, "exit 1");
            }
            place
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        /// A program in `bin` that is this script.
        fn program(&self, name: &str, script: &str) {
            fs::create_dir_all(self.path("bin")).expect("a folder");
            let file = self.path("bin").join(name);
            fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("written");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("made a program");
        }

        fn around(&self, more: &[(&str, &str)]) -> Surroundings {
            let path = env::join_paths([Path::new("."), &self.path("bin"), Path::new(""), Path::new("/bin")])
                .expect("a path");
            Surroundings::new(&path, more.iter().map(|(name, value)| (name.into(), value.into())))
        }

        fn fetch(
            &self,
            around: &Surroundings,
            limits: Limits,
            step: &mut dyn FnMut(u64) -> bool,
        ) -> Result<PathBuf, AssetError> {
            let folder = self.path("unfinished");
            fs::create_dir_all(&folder).expect("a folder");
            Call { package: &self.package, folder: &folder, around, limits }.fetch(step)
        }
    }

    fn reason(fetched: Result<PathBuf, AssetError>) -> String {
        match fetched {
            Err(AssetError::Registry { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    /// Writes down how it was called, and gives the package when it is asked for it.
    fn honest(place: &Place) -> String {
        let log = place.path("log");
        format!(
            r#"case "$*" in *--version*) exit 0;; esac
            {{ pwd; ls -A; echo "args: $*"; env; }} > '{log}'
            while [ "$1" != "--dest" ]; do shift; done
            printf '%s' 'a package' > "$2/some_package-1.whl""#,
            log = log.display()
        )
    }

    #[test]
    fn pip_sees_no_key_and_no_folder_but_an_empty_one() {
        let place = Place::new();
        place.program("python3", &honest(&place));
        let around = place.around(&[
            ("GEMINI_API_KEY", "secret"),
            ("GOOGLE_API_KEY", "secret"),
            ("VIVAVOCE_THINK_KEY", "secret"),
            ("VIVAVOCE_SERVE_KEY", "secret"),
            ("PYTHONPATH", "/hostile"),
            ("PYTHONHOME", "/hostile"),
            ("PYTHONSTARTUP", "/hostile"),
            ("PIP_PYTHON", "/hostile"),
            ("LD_PRELOAD", "/hostile.so"),
            ("https_proxy", "http://proxy:1"),
            ("SSL_CERT_FILE", "/trust.pem"),
            ("PIP_INDEX_URL", "https://registry.example/simple"),
        ]);
        place.fetch(&around, USUAL, &mut |_| true).expect("fetched");
        let log = fs::read_to_string(place.path("log")).expect("it ran");
        assert!(!log.contains("secret") && !log.contains("hostile"), "{log}");
        let lines: Vec<&str> = log.lines().collect();
        let scratch = place.path("unfinished").join("some-package.pip");
        assert_eq!(Path::new(lines[0]), scratch.canonicalize().unwrap_or(scratch.clone()));
        assert!(lines[1].starts_with("args: -I -m pip download"), "nothing lies in that folder: {log}");
        for known in [
            "https_proxy=http://proxy:1",
            "SSL_CERT_FILE=/trust.pem",
            "PIP_INDEX_URL=https://registry.example/simple",
            "PYTHONSAFEPATH=1",
        ] {
            assert!(lines.contains(&known), "{known} is not in {log}");
        }
        let path = lines.iter().find_map(|line| line.strip_prefix("PATH=")).expect("a path");
        assert!(env::split_paths(path).all(|folder| folder.is_absolute()), "{path}");
        assert!(!scratch.exists(), "it is cleaned up");
    }

    #[test]
    fn a_pip_of_the_current_folder_is_not_run() {
        // With the real Python, if there is one: a module of that name beside the work must not be found.
        let place = Place::new();
        let hostile = place.path("hostile");
        for file in ["pip/__main__.py", "pip/__init__.py", "ssl.py", "sitecustomize.py", "usercustomize.py"] {
            let file = hostile.join(file);
            fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
            fs::write(file, "import os\nopen(os.environ['TMPDIR'] + '/ran', 'w')\n").expect("written");
        }
        let around = Surroundings::new(
            &env::var_os("PATH").unwrap_or_default(),
            [("PYTHONPATH".into(), hostile.clone().into())].into_iter(),
        );
        let scratch = place.path("empty");
        fs::create_dir(&scratch).expect("a folder");
        for way in PIPS {
            if let Some(mut command) = around.pip(*way, &scratch) {
                let _ = command.arg("--version").status();
            }
            assert!(!scratch.join("ran").exists(), "{way:?} ran what lies elsewhere");
            // Even in that folder itself an isolated one does not look around.
            if let Some(mut command) = around.pip(*way, &scratch).filter(|_| way.1.contains(&"-I")) {
                let _ = command.current_dir(&hostile).arg("--version").status();
            }
            assert!(!scratch.join("ran").exists(), "{way:?} ran what lies around it");
        }
    }

    #[test]
    fn a_pip_that_hangs_prints_or_writes_without_end_is_ended() {
        let quick = Limits { silence: Duration::from_millis(300), ..USUAL };
        // On a busy machine these two may be silent for a moment.
        let small = Limits { words: 100_000, spare: 1 << 20, ..USUAL };
        for (script, limits, word) in [
            ("exec sleep 1000", quick, "for too long"),
            (
                "while :; do echo 'on and on and on and on and on and on and on and on' >&2; done",
                small,
                "without end",
            ),
            ("exec cat /dev/zero > endless", small, "more than the package"),
        ] {
            let place = Place::new();
            place.program("python3", &format!("case \"$*\" in *--version*) exit 0;; esac\n{script}"));
            let said = reason(place.fetch(&place.around(&[]), limits, &mut |_| true));
            assert!(said.contains(word), "{said}");
        }
        let place = Place::new();
        place.program("python3", "exec sleep 1000");
        let probe = Limits { probe: Duration::from_millis(200), ..USUAL };
        assert!(reason(place.fetch(&place.around(&[]), probe, &mut |_| true)).contains("no pip"));
    }

    #[test]
    fn a_pip_that_is_given_up_is_killed() {
        for (script, versions) in [("exec sleep 1000", "exit 0"), ("", "exec sleep 1000")] {
            let place = Place::new();
            let pid = place.path("pid");
            let script = format!(
                "echo $$ > '{}'\ncase \"$*\" in *--version*) {versions};; esac\n{script}",
                pid.display()
            );
            place.program("python3", &script);
            let runs = || fs::read_to_string(&pid).is_ok_and(|pid| pid.ends_with('\n'));
            let given_up = place.fetch(&place.around(&[]), USUAL, &mut |_| !runs());
            assert!(matches!(given_up, Err(AssetError::Cancelled)), "{given_up:?}");
            if let Ok(pid) = fs::read_to_string(&pid) {
                assert!(!Path::new("/proc").join(pid.trim()).exists(), "it lives on");
            }
        }
    }

    #[test]
    fn what_pip_says_is_shown_without_what_steers_a_terminal() {
        let place = Place::new();
        place.program(
            "python3",
            "case \"$*\" in *--version*) exit 0;; esac\nprintf 'ERROR: \\033[31mno such\\n package\\007' >&2; exit 1",
        );
        assert_eq!(
            reason(place.fetch(&place.around(&[]), USUAL, &mut |_| true)),
            "ERROR: [31mno such package"
        );
        place.program("python3", "exit 1");
        assert!(reason(place.fetch(&place.around(&[]), USUAL, &mut |_| true)).contains("no pip"));
    }
}

#[test]
fn pip_takes_the_proxy_that_was_chosen_and_no_other() {
    let own = [("HTTPS_PROXY", "http://other:1"), ("PIP_PROXY", "http://other:2"), ("LANG", "C")];
    let own = || own.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let around = |variables: Vec<(&'static str, Option<String>)>| {
        let mut all = Surroundings::new(OsStr::new(""), own()).by(&variables).variables;
        all.sort();
        all.into_iter().map(|(name, value)| format!("{}={}", name.display(), value.display())).collect::<Vec<_>>()
    };
    let chosen = vec![("HTTPS_PROXY", Some("http://me:pass@mine:3128".to_owned())), ("https_proxy", None)];
    assert_eq!(around(chosen), ["HTTPS_PROXY=http://me:pass@mine:3128", "LANG=C"]);
    assert_eq!(around(vec![("HTTPS_PROXY", None), ("NO_PROXY", Some("*".to_owned()))]), ["LANG=C", "NO_PROXY=*"]);
    assert_eq!(around(Vec::new()).len(), 3, "the environment decides");
}
