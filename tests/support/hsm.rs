//! A SoftHSM token of a test's own, and modules with a fault before it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

/// A token made by `softhsm/init.sh`: FIRMA, with `a1` (RSA-2048) and `b1` (P-256).
pub(crate) struct Hsm {
    folder: TempDir,
}

/// The right PIN of every token.
pub(crate) const PIN: &str = "123456";

/// What may be wrong with a module; the names are those of `tests/support/module.c`.
pub(crate) const MODULE_C: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/module.c");

impl Hsm {
    /// A new one.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        run(Command::new("softhsm/init.sh").arg(folder.path()).arg("certs/pki"));
        Self { folder }
    }

    /// One for all tests that leave it as it is; wrong PINs are for one of their own.
    pub(crate) fn shared() -> &'static Self {
        static SHARED: OnceLock<Hsm> = OnceLock::new();
        SHARED.get_or_init(Self::new)
    }

    /// Its configuration, for `SOFTHSM2_CONF`.
    pub(crate) fn configuration(&self) -> PathBuf {
        self.folder.path().join("softhsm2.conf")
    }

    /// What its module needs of the environment.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![("SOFTHSM2_CONF", self.configuration().into_os_string())]
    }

    /// Puts a certificate of the stored PKI on it, without its key.
    pub(crate) fn add_certificate(&self, leaf: &str, id: &str) {
        let pem = fs::read(format!("certs/pki/leaves/{leaf}.pem")).unwrap();
        let der = self.folder.path().join(leaf);
        fs::write(&der, openssl::x509::X509::from_pem(&pem).unwrap().to_der().unwrap()).unwrap();
        self.tool(&["--write-object", der.to_str().unwrap(), "--type", "cert", "--id", id, "--label", leaf]);
    }

    /// Runs pkcs11-tool on it, logged in.
    pub(crate) fn tool(&self, arguments: &[&str]) {
        let mut command = Command::new("pkcs11-tool");
        command.env("SOFTHSM2_CONF", self.configuration()).arg("--module").arg(real_module());
        run(command.args(["--token-label", "FIRMA", "--login", "--pin", PIN]).args(arguments));
    }
}

/// SoftHSM's own module.
pub(crate) fn real_module() -> PathBuf {
    let settings = varco::sign::pkcs11::ModuleSettings::default();
    settings.find("softhsm2").expect("the package softhsm2 is installed").path
}

/// A module with a fault (see `module.c`), in a folder that only this user can write to, and the file that it notes calls in.
pub(crate) struct FaultyModule {
    folder: TempDir,
}

impl FaultyModule {
    /// Compiles one.
    pub(crate) fn new(fault: &str) -> Self {
        // Not the usual place for temporary files: everybody can write there, and what is there is not loaded.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let module = Self { folder };
        let (real, log) = (real_module(), module.log());
        let define = |name: &str, value: &Path| format!("-D{name}=\"{}\"", value.display());
        compile(&[&format!("-DFAULT={fault}"), &define("REAL", &real), &define("LOG", &log), MODULE_C], &module.path());
        module
    }

    /// Its file.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("module.so")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("calls")
    }

    /// What was called: logins (L), signatures (S), logouts (O).
    pub(crate) fn calls(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }
}

/// Compiles a shared library.
pub(crate) fn compile(arguments: &[&str], to: &Path) {
    run(Command::new("cc").args(["-shared", "-fPIC", "-O1", "-Wall", "-o"]).arg(to).args(arguments).arg("-ldl"));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
