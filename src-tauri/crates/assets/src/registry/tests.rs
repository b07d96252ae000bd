//! Tests pip's environment with programs that the test writes. No registry is contacted.

use super::*;

#[test]
fn the_size_of_a_folder_includes_subfolders() {
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
            // Hide those of the system.
            for name in ["python3", "python", "pip3", "pip"] {
                place.program(name, "exit 1");
            }
            place
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        /// Creates a program in `bin` with this script.
        fn program(&self, name: &str, script: &str) {
            fs::create_dir_all(self.path("bin")).expect("a folder");
            let file = self.path("bin").join(name);
            fs::write(&file, format!("#!/bin/sh\n{script}\n")).expect("written");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("made a program");
        }

        fn environment(&self, more: &[(&str, &str)]) -> PipEnvironment {
            let path = env::join_paths([Path::new("."), &self.path("bin"), Path::new(""), Path::new("/bin")])
                .expect("a path");
            PipEnvironment::new(&path, more.iter().map(|(name, value)| (name.into(), value.into())))
        }

        fn fetch(
            &self,
            environment: &PipEnvironment,
            limits: Limits,
            step: &mut dyn FnMut(u64) -> bool,
        ) -> Result<PathBuf, AssetError> {
            let folder = self.path("unfinished");
            fs::create_dir_all(&folder).expect("a folder");
            Call { package: &self.package, folder: &folder, environment, limits }.fetch(step)
        }
    }

    fn reason(fetched: Result<PathBuf, AssetError>) -> String {
        match fetched {
            Err(AssetError::Registry { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }

    /// Returns a script that records how it was called and delivers the package.
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
    fn pip_gets_no_key_and_an_empty_folder() {
        let place = Place::new();
        place.program("python3", &honest(&place));
        let environment = place.environment(&[
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
        place.fetch(&environment, USUAL, &mut |_| true).expect("fetched");
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
        // With the real Python, if there is one: a module with that name in the current folder must not be found.
        let place = Place::new();
        let hostile = place.path("hostile");
        for file in ["pip/__main__.py", "pip/__init__.py", "ssl.py", "sitecustomize.py", "usercustomize.py"] {
            let file = hostile.join(file);
            fs::create_dir_all(file.parent().expect("a parent")).expect("a folder");
            fs::write(file, "import os\nopen(os.environ['TMPDIR'] + '/ran', 'w')\n").expect("written");
        }
        let environment = PipEnvironment::new(
            &env::var_os("PATH").unwrap_or_default(),
            [("PYTHONPATH".into(), hostile.clone().into())].into_iter(),
        );
        let scratch = place.path("empty");
        fs::create_dir(&scratch).expect("a folder");
        for way in PIPS {
            if let Some(mut command) = environment.pip(*way, &scratch) {
                let _ = command.arg("--version").status();
            }
            assert!(!scratch.join("ran").exists(), "{way:?} ran what lies elsewhere");
            // An isolated pip ignores the current folder.
            if let Some(mut command) = environment.pip(*way, &scratch).filter(|_| way.1.contains(&"-I")) {
                let _ = command.current_dir(&hostile).arg("--version").status();
            }
            assert!(!scratch.join("ran").exists(), "{way:?} ran a program of the current folder");
        }
    }

    #[test]
    fn a_pip_that_hangs_prints_or_writes_endlessly_is_killed() {
        let quick = Limits { silence: Duration::from_millis(300), ..USUAL };
        // On a busy machine these two may pause for a moment.
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
            let said = reason(place.fetch(&place.environment(&[]), limits, &mut |_| true));
            assert!(said.contains(word), "{said}");
        }
        let place = Place::new();
        place.program("python3", "exec sleep 1000");
        let probe = Limits { probe: Duration::from_millis(200), ..USUAL };
        assert!(reason(place.fetch(&place.environment(&[]), probe, &mut |_| true)).contains("no pip"));
    }

    #[test]
    fn a_cancelled_pip_is_killed() {
        for (script, versions) in [("exec sleep 1000", "exit 0"), ("", "exec sleep 1000")] {
            let place = Place::new();
            let pid = place.path("pid");
            let script = format!(
                "echo $$ > '{}'\ncase \"$*\" in *--version*) {versions};; esac\n{script}",
                pid.display()
            );
            place.program("python3", &script);
            let runs = || fs::read_to_string(&pid).is_ok_and(|pid| pid.ends_with('\n'));
            let given_up = place.fetch(&place.environment(&[]), USUAL, &mut |_| !runs());
            assert!(matches!(given_up, Err(AssetError::Cancelled)), "{given_up:?}");
            if let Ok(pid) = fs::read_to_string(&pid) {
                assert!(!Path::new("/proc").join(pid.trim()).exists(), "it lives on");
            }
        }
    }

    #[test]
    fn control_characters_in_pips_output_are_removed() {
        let place = Place::new();
        place.program(
            "python3",
            "case \"$*\" in *--version*) exit 0;; esac\nprintf 'ERROR: \\033[31mno such\\n package\\007' >&2; exit 1",
        );
        assert_eq!(
            reason(place.fetch(&place.environment(&[]), USUAL, &mut |_| true)),
            "ERROR: [31mno such package"
        );
        place.program("python3", "exit 1");
        assert!(reason(place.fetch(&place.environment(&[]), USUAL, &mut |_| true)).contains("no pip"));
    }
}

#[test]
fn pip_uses_only_the_chosen_proxy() {
    let own = [("HTTPS_PROXY", "http://other:1"), ("PIP_PROXY", "http://other:2"), ("LANG", "C")];
    let own = || own.iter().map(|(name, value)| (OsString::from(name), OsString::from(value)));
    let environment = |variables: Vec<(&'static str, Option<String>)>| {
        let mut all = PipEnvironment::new(OsStr::new(""), own()).by(&variables).variables;
        all.sort();
        all.into_iter().map(|(name, value)| format!("{}={}", name.display(), value.display())).collect::<Vec<_>>()
    };
    let chosen = vec![("HTTPS_PROXY", Some("http://me:pass@mine:3128".to_owned())), ("https_proxy", None)];
    assert_eq!(environment(chosen), ["HTTPS_PROXY=http://me:pass@mine:3128", "LANG=C"]);
    assert_eq!(environment(vec![("HTTPS_PROXY", None), ("NO_PROXY", Some("*".to_owned()))]), ["LANG=C", "NO_PROXY=*"]);
    assert_eq!(environment(Vec::new()).len(), 3, "the environment decides");
}
