//! The files of the card and what is selected among them.

use std::collections::BTreeMap;

use super::Status;

/// Files by their path from the master file, which is the empty path; folders are the paths that lead to them.
#[derive(Default)]
pub(super) struct FileSystem {
    files: BTreeMap<Vec<u16>, File>,
}

enum File {
    Readable(Vec<u8>),
    /// A key: it can be selected and used, and never read.
    Closed,
}

/// The path that was selected last.
#[derive(Default)]
pub(super) struct Selected {
    path: Vec<u16>,
}

impl FileSystem {
    pub(super) fn add(&mut self, path: &[u16], content: Vec<u8>) {
        self.files.insert(path.to_vec(), File::Readable(content));
    }

    pub(super) fn add_closed(&mut self, path: &[u16]) {
        self.files.insert(path.to_vec(), File::Closed);
    }

    pub(super) fn remove(&mut self, path: &[u16]) {
        self.files.remove(path);
    }

    fn is_file(&self, path: &[u16]) -> bool {
        self.files.contains_key(path)
    }

    fn exists(&self, path: &[u16]) -> bool {
        self.is_file(path) || path.is_empty() || self.files.keys().any(|file| file.starts_with(path))
    }

    /// File control information (ISO/IEC 7816-4 §7.4), with the access conditions as OpenSC reads them of a CNS.
    fn control_information(&self, path: &[u16]) -> Vec<u8> {
        let identifier = path.last().copied().unwrap_or(0x3F00).to_be_bytes();
        let (kind, mut access) = match self.files.get(path) {
            Some(File::Readable(content)) => {
                let length = u16::try_from(content.len()).unwrap().to_be_bytes();
                (vec![0x80, 0x02, length[0], length[1], 0x82, 0x01, 0x01], [0xFF; 9])
            }
            Some(File::Closed) => (vec![0x80, 0x02, 0x00, 0x00, 0x82, 0x01, 0x01], [0xFF; 9]),
            None => (vec![0x82, 0x01, 0x38], [0xFF; 9]),
        };
        if !matches!(self.files.get(path), Some(File::Closed)) {
            access[0] = 0x00;
        }
        let inside = [&kind, &[0x83, 0x02][..], &identifier, &[0x85, 0x01, 0x01, 0x86, 0x09], &access].concat();
        [&[0x6F, u8::try_from(inside.len()).unwrap()][..], &inside].concat()
    }
}

impl Selected {
    /// SELECT (§11.1.1): by file identifier, parent, path from the master file or from here.
    pub(super) fn select(&mut self, files: &FileSystem, p1: u8, p2: u8, data: &[u8]) -> Result<Vec<u8>, Status> {
        let identifiers: Vec<u16> =
            data.chunks(2).map(|pair| u16::from_be_bytes([pair[0], *pair.last().unwrap()])).collect();
        let folder = if files.is_file(&self.path) { &self.path[..self.path.len() - 1] } else { &self.path };
        let below = |folder: &[u16]| [folder, &identifiers].concat();
        let path = match (p1, identifiers.as_slice()) {
            (0x00..=0x02, [] | [0x3F00]) => Vec::new(),
            (0x00..=0x02, [_]) => {
                let parent = &folder[..folder.len().saturating_sub(1)];
                let near = [below(folder), below(parent), folder.to_vec()];
                let found = near.into_iter().find(|path| files.exists(path) && path.ends_with(&identifiers));
                found.ok_or(Status::of(0x6A82))?
            }
            (0x03, []) => folder[..folder.len().saturating_sub(1)].to_vec(),
            (0x08, path) => path.to_vec(),
            (0x09, _) => below(folder),
            (0x04, _) => return Err(Status::of(0x6A82)),
            _ => return Err(Status::of(0x6A86)),
        };
        if !files.exists(&path) {
            return Err(Status::of(0x6A82));
        }
        self.path = path;
        Ok(if p2 & 0x0C == 0x0C { Vec::new() } else { files.control_information(&self.path) })
    }

    /// READ BINARY (§11.3.3) of the selected file.
    pub(super) fn read(&self, files: &FileSystem, p1: u8, p2: u8, length: Option<usize>) -> Result<Vec<u8>, Status> {
        let content = match files.files.get(&self.path) {
            Some(File::Readable(content)) => content,
            Some(File::Closed) => return Err(Status::of(0x6982)),
            None => return Err(Status::of(0x6986)),
        };
        let offset = usize::from(u16::from_be_bytes([p1, p2]));
        let rest = content.get(offset..).filter(|rest| !rest.is_empty() || offset == 0).ok_or(Status::of(0x6B00))?;
        let wanted = length.unwrap_or(256);
        let piece = rest[..wanted.min(rest.len())].to_vec();
        // 256 is how all that is left is asked for.
        if piece.len() == wanted || wanted == 256 { Ok(piece) } else { Err(Status(0x6282, piece)) }
    }
}
