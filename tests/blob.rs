//! Documents outside the database, in a folder and in S3: whole or not at all, and gone when they are erased.

use std::io::{self, Read};
use std::path::Path;

use tempfile::TempDir;
use time::{Duration, UtcDateTime};
use varco::blob::{BlobError, BlobName, BlobPlace, Blobs, Part, S3, S3Key};
use varco::clock;
use varco::domain::id::{RANDOM_LEN, VerificationId};

use crate::support::s3;

/// Larger than what is sent at once.
const LARGE: usize = 12 * 1024 * 1024 + 7;

fn s3(prefix: &str) -> S3 {
    let key = S3Key { id: "prova".to_owned(), secret: "prova".into() };
    let endpoint = s3::address().to_owned();
    S3 { bucket: "documents".to_owned(), prefix: prefix.to_owned(), endpoint, region: "eu-south-1".to_owned(), key }
}

/// Runs a test on an empty place of each kind.
fn on_both<F: Future<Output = ()>>(prefix: &str, test: impl Fn(Blobs) -> F) {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        test(Blobs::open(BlobPlace::Folder(folder.path().join("documents"))).unwrap()).await;
        s3::make_bucket("documents").await;
        test(Blobs::open(BlobPlace::S3(s3(prefix))).unwrap()).await;
    });
}

fn name(number: u8, part: Part) -> BlobName {
    BlobName { verification: VerificationId::new([number; RANDOM_LEN], clock::now()), part }
}

async fn content(blobs: &Blobs, name: BlobName) -> Option<Vec<u8>> {
    let mut pieces = blobs.get(name).await.unwrap()?;
    let mut content = Vec::new();
    while let Some(piece) = pieces.next().await.unwrap() {
        content.extend_from_slice(&piece);
    }
    Some(content)
}

fn tomorrow() -> UtcDateTime {
    clock::now() + Duration::DAY
}

#[test]
fn what_was_put_is_read_and_what_was_erased_is_not() {
    on_both("put", |blobs| async move {
        let (small, large) = (name(1, Part::Document), name(1, Part::Detached));
        blobs.put(small, &b"small"[..]).await.unwrap();
        blobs.put(large, io::repeat(7).take(u64::try_from(LARGE).unwrap())).await.unwrap();
        blobs.put(name(2, Part::Expected), io::empty()).await.unwrap();
        assert_eq!(content(&blobs, small).await.unwrap(), b"small");
        assert_eq!(content(&blobs, large).await.unwrap(), vec![7; LARGE]);
        assert_eq!(content(&blobs, name(2, Part::Document)).await, None);
        blobs.put(small, &b"another"[..]).await.unwrap();
        assert_eq!(content(&blobs, small).await.unwrap(), b"another");
        blobs.erase(small).await.unwrap();
        blobs.erase(small).await.unwrap();
        assert_eq!(content(&blobs, small).await, None);
        assert_eq!(content(&blobs, large).await.unwrap().len(), LARGE);
    });
}

#[test]
fn the_old_ones_are_told_by_name() {
    on_both("old", |blobs| async move {
        let mut names: Vec<BlobName> = (1..=4).map(|number| name(number, Part::Document)).collect();
        for name in &names {
            blobs.put(*name, &b"x"[..]).await.unwrap();
        }
        assert_eq!(blobs.older_than(clock::now() - Duration::DAY, 10).await.unwrap(), []);
        let mut found = blobs.older_than(tomorrow(), 10).await.unwrap();
        found.sort();
        names.sort();
        assert_eq!(found, names);
        assert_eq!(blobs.older_than(tomorrow(), 3).await.unwrap().len(), 3);
    });
}

/// Fails after some octets, as a disk does.
struct Failing(io::Take<io::Repeat>);

impl Read for Failing {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.0.read(into)? {
            0 => Err(io::Error::other("no more")),
            count => Ok(count),
        }
    }
}

#[test]
fn what_cannot_be_read_to_its_end_is_not_kept() {
    on_both("failing", |blobs| async move {
        for len in [10, LARGE] {
            let name = name(9, Part::Document);
            let failing = Failing(io::repeat(1).take(u64::try_from(len).unwrap()));
            assert!(matches!(blobs.put(name, failing).await, Err(BlobError::Io(_))));
            assert_eq!(content(&blobs, name).await, None);
        }
        assert_eq!(blobs.older_than(tomorrow(), 10).await.unwrap(), []);
    });
}

#[tokio::test]
async fn what_a_killed_process_left_in_the_folder_is_swept_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let blobs = Blobs::open(BlobPlace::Folder(folder.path().to_owned())).unwrap();
    let kept = name(1, Part::Document);
    blobs.put(kept, &b"kept"[..]).await.unwrap();
    // The name under which object_store writes before the document is whole.
    std::fs::write(folder.path().join(format!("{}#1", name(2, Part::Document))), b"half").unwrap();
    std::fs::write(folder.path().join("LEGGIMI"), b"of somebody else").unwrap();
    blobs.sweep(clock::now() - Duration::HOUR).await.unwrap();
    assert_eq!(entries(&folder), 3);
    blobs.sweep(tomorrow()).await.unwrap();
    assert_eq!(entries(&folder), 2);
    assert_eq!(blobs.older_than(tomorrow(), 10).await.unwrap(), [kept]);
}

fn entries(folder: &TempDir) -> usize {
    Path::new(folder.path()).read_dir().unwrap().count()
}

#[tokio::test]
async fn a_place_that_does_not_answer_is_told_and_no_secret_with_it() {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let place = BlobPlace::S3(S3 { bucket: "nowhere".to_owned(), ..s3("") });
    assert!(!format!("{place:?}").contains("prova"));
    let error = Blobs::open(place).unwrap().put(name(1, Part::Document), &b"x"[..]).await.unwrap_err();
    assert!(matches!(&error, BlobError::Unavailable(_)), "{error}");
    assert!(!error.to_string().contains("prova"));
    for (endpoint, protected) in [
        ("https://s3.example", true),
        ("http://127.0.0.1:9000", true),
        ("http://localhost", true),
        ("http://s3.example", false),
        ("http://127.0.0.1.example", false),
        ("https://", false),
        ("s3.example", false),
    ] {
        assert_eq!(S3::is_protected(endpoint), protected, "{endpoint}");
    }
}
