//! Which modules there are: a caller names one by its id, never by a path.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Modules beyond those that are built in, and whose files are believed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ModuleSettings {
    /// Paths by id, in the order in which they are looked for; an id that is built in has these paths instead of its own.
    pub added: BTreeMap<String, Vec<PathBuf>>,
    /// Whose files are loaded.
    pub owners: Owners,
    /// The time that a module may take for one call: a card of 4096 bits takes seconds, and whoever enters a PIN on a reader
    /// takes longer.
    pub allowed: Duration,
}

/// Whose module files are loaded.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Owners {
    /// Only those of root, which nobody else can write to.
    Root,
    /// Those of the user that this process runs as, too: for whoever develops a module. They gain nothing that they could
    /// not do anyway, as long as no other user's process reads the same settings.
    RootAndThisUser,
}

/// A module that is installed here and may be loaded.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Module {
    /// Its id.
    pub id: String,
    /// Its file, without links on the way.
    pub path: PathBuf,
    /// Variables of the environment that it gets.
    pub(super) environment: &'static [&'static str],
    /// What its tokens say about tries.
    pub(super) tries: TryFlags,
    /// What its tokens are.
    pub tokens: Tokens,
}

/// What the tokens of a module are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Tokens {
    /// Cards in readers, which other processes can speak with too.
    Cards,
    /// Files: there is nothing to reset.
    Files,
}

/// What the flags of a token about its PIN are worth (`CKF_USER_PIN_COUNT_LOW`, `CKF_USER_PIN_FINAL_TRY`).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum TryFlags {
    /// As PKCS#11 defines them (v2.40 §3.2).
    Standard,
    /// They say nothing: OpenSC tells a CNS whose PIN is fine to be locked, and says nothing after a wrong PIN.
    Meaningless,
}

/// Why there is no module to load.
#[derive(Debug, thiserror::Error)]
pub enum ModuleError {
    /// No module has this id.
    #[error("no module has this id")]
    Unknown {
        /// Those that there are.
        known: Vec<String>,
    },
    /// None of its files is there.
    #[error("module {id} is not installed")]
    NotInstalled {
        /// Its id.
        id: String,
        /// Where it was looked for.
        looked_at: Vec<PathBuf>,
    },
    /// Somebody else than root could have written what would be loaded.
    #[error("module {} is not trusted: {why}", path.display())]
    NotTrusted {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: Distrust,
    },
}

/// Why a file is not loaded.
#[derive(Debug, thiserror::Error)]
pub enum Distrust {
    /// A folder, a device, a socket.
    #[error("not a regular file")]
    NotAFile,
    /// This file or folder is somebody's who could write another module there.
    #[error("{} is not root's", .0.display())]
    Owner(PathBuf),
    /// Others than its owner can write to this file or folder.
    #[error("others can write to {}", .0.display())]
    Writable(PathBuf),
    /// It cannot be looked at.
    #[error("{0}")]
    Unreadable(io::Error),
}

/// A module that is built in: where its vendor installs it, per system.
struct Known {
    id: &'static str,
    linux: &'static [&'static str],
    macos: &'static [&'static str],
    windows: &'static [&'static str],
    environment: &'static [&'static str],
    tries: TryFlags,
    tokens: Tokens,
}

/// What any module gets: its home, for the settings of its vendor, the language of its windows, and where pcscd listens.
const USUAL: &[&str] = &["HOME", "LANG", "PCSCLITE_CSOCK_NAME"];
/// OpenSC gets no home: its cache there would keep names and certificates of card holders in the clear (OpenSC #2501).
const OPENSC: &[&str] = &["OPENSC_CONF", "PCSCLITE_CSOCK_NAME"];
const SOFTHSM: &[&str] = &["HOME", "SOFTHSM2_CONF"];

const KNOWN: &[Known] = &[
    Known {
        id: "athena",
        linux: &["/usr/lib/libASEP11.so", "/usr/lib/x86_64-linux-gnu/libASEP11.so"],
        macos: &["/usr/local/lib/libASEP11.dylib"],
        windows: &[r"C:\Windows\System32\asepkcs.dll"],
        environment: USUAL,
        tries: TryFlags::Standard,
        tokens: Tokens::Cards,
    },
    Known {
        id: "bit4id",
        linux: &[
            "/usr/lib/bit4id/libbit4xpki.so",
            "/lib/bit4id/libbit4xpki.so",
            "/usr/lib/libbit4ipki.so",
            "/usr/lib/libbit4opki.so",
            "/usr/lib/libbit4spki.so",
            "/usr/lib/libbit4p11.so",
        ],
        macos: &["/Library/bit4id/pkcs11/libbit4xpki.dylib", "/Library/bit4id/pkcs11/libbit4ipki.dylib"],
        windows: &[r"C:\Windows\System32\bit4xpki.dll", r"C:\Windows\System32\bit4ipki.dll"],
        environment: USUAL,
        tries: TryFlags::Standard,
        tokens: Tokens::Cards,
    },
    Known {
        id: "cie",
        linux: &["/usr/local/lib/libcie-pkcs11.so", "/usr/lib/libcie-pkcs11.so"],
        macos: &["/usr/local/lib/libcie-pkcs11.dylib"],
        windows: &[r"C:\Windows\System32\CIEPKI.dll"],
        environment: USUAL,
        tries: TryFlags::Standard,
        tokens: Tokens::Cards,
    },
    Known {
        id: "idemia",
        linux: &["/usr/lib/libOcsCryptoki.so", "/usr/local/AWP/lib/libOcsCryptoki.so"],
        macos: &["/usr/local/lib/libOcsCryptoki.dylib"],
        windows: &[
            r"C:\Program Files\IDEMIA\AWP\DLLs\OCSCryptoki.dll",
            r"C:\Program Files\Oberthur Technologies\AWP\DLLs\OCSCryptoki.dll",
        ],
        environment: USUAL,
        tries: TryFlags::Standard,
        tokens: Tokens::Cards,
    },
    Known {
        id: "opensc",
        linux: &[
            "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
            "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
            "/usr/lib64/opensc-pkcs11.so",
            "/usr/lib/opensc-pkcs11.so",
        ],
        macos: &["/Library/OpenSC/lib/opensc-pkcs11.so"],
        windows: &[r"C:\Windows\System32\opensc-pkcs11.dll"],
        environment: OPENSC,
        tries: TryFlags::Meaningless,
        tokens: Tokens::Cards,
    },
    Known {
        id: "safenet",
        linux: &["/usr/lib/libIDPrimePKCS11.so", "/usr/lib/libeTPkcs11.so", "/usr/lib/x86_64-linux-gnu/libeTPkcs11.so"],
        macos: &["/usr/local/lib/libIDPrimePKCS11.dylib", "/usr/local/lib/libeTPkcs11.dylib"],
        windows: &[r"C:\Windows\System32\IDPrimePKCS11.dll", r"C:\Windows\System32\eTPKCS11.dll"],
        environment: USUAL,
        tries: TryFlags::Standard,
        tokens: Tokens::Cards,
    },
    Known {
        id: "softhsm2",
        linux: &[
            "/usr/lib/softhsm/libsofthsm2.so",
            "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
            "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
            "/usr/lib64/pkcs11/libsofthsm2.so",
            "/usr/local/lib/softhsm/libsofthsm2.so",
        ],
        macos: &["/opt/homebrew/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"],
        windows: &[r"C:\SoftHSM2\lib\softhsm2-x64.dll"],
        environment: SOFTHSM,
        tries: TryFlags::Standard,
        tokens: Tokens::Files,
    },
];

/// What a module of the settings gets. An OpenSC built elsewhere belongs under the id `opensc`, for the sake of its cache.
const ADDED: &[&str] = &["HOME", "LANG", "PCSCLITE_CSOCK_NAME", "SOFTHSM2_CONF"];

/// Variables of the environment that some module may get; nothing else reaches one.
pub const ENVIRONMENT: [&str; 5] = ["HOME", "LANG", "OPENSC_CONF", "PCSCLITE_CSOCK_NAME", "SOFTHSM2_CONF"];

impl Default for ModuleSettings {
    /// What is built in, of root.
    fn default() -> Self {
        Self { added: BTreeMap::new(), owners: Owners::Root, allowed: Duration::from_mins(1) }
    }
}

impl ModuleSettings {
    /// All ids, in order.
    pub fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> =
            KNOWN.iter().map(|known| known.id.to_owned()).chain(self.added.keys().cloned()).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// The module of an id: the first of its files that is there, if it may be loaded.
    ///
    /// *Not* checked: whether it is a PKCS#11 module; that shows when it is loaded.
    pub fn find(&self, id: &str) -> Result<Module, ModuleError> {
        let known = KNOWN.iter().find(|known| known.id == id);
        let paths: Vec<PathBuf> = match (self.added.get(id), known) {
            (Some(paths), _) => paths.clone(),
            (None, Some(known)) => known.paths().iter().map(PathBuf::from).collect(),
            (None, None) => return Err(ModuleError::Unknown { known: self.ids() }),
        };
        let Some(path) = paths.iter().find(|path| path.symlink_metadata().is_ok()) else {
            return Err(ModuleError::NotInstalled { id: id.to_owned(), looked_at: paths });
        };
        let trusted = self.trusted(path).map_err(|why| ModuleError::NotTrusted { path: path.clone(), why })?;
        Ok(Module {
            id: id.to_owned(),
            path: trusted,
            environment: known.map_or(ADDED, |known| known.environment),
            tries: known.map_or(TryFlags::Standard, |known| known.tries),
            tokens: known.map_or(Tokens::Cards, |known| known.tokens),
        })
    }

    /// The file behind `path`, if nobody but its owner and root can put another in its place: neither the file nor a folder
    /// above it is another's, or writable by others.
    fn trusted(&self, path: &Path) -> Result<PathBuf, Distrust> {
        let path = path.canonicalize().map_err(Distrust::Unreadable)?;
        if !path.metadata().map_err(Distrust::Unreadable)?.is_file() {
            return Err(Distrust::NotAFile);
        }
        for part in path.ancestors() {
            let metadata = part.metadata().map_err(Distrust::Unreadable)?;
            let own = self.owners == Owners::RootAndThisUser && metadata.uid() == rustix::process::geteuid().as_raw();
            if metadata.uid() != 0 && !own {
                return Err(Distrust::Owner(part.to_owned()));
            }
            if metadata.mode() & 0o022 != 0 {
                return Err(Distrust::Writable(part.to_owned()));
            }
        }
        Ok(path)
    }
}

impl Known {
    const fn paths(&self) -> &'static [&'static str] {
        if cfg!(target_os = "macos") {
            self.macos
        } else if cfg!(windows) {
            self.windows
        } else {
            self.linux
        }
    }
}

#[cfg(test)]
mod tests;
