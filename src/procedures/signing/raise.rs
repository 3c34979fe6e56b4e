//! Raising the level of a signed document, a step at a time (EN 319 122-1 §6, EN 319 142-1 §6): timestamps on the signatures,
//! validation data, timestamps on these. Each step reads what the step before wrote.

use std::io::Write;

use crate::asn1::Source;
use crate::crypto::DigestAlgorithm;
use crate::procedures::signing::authorities::{Authorities, Level};
use crate::procedures::signing::collection::collect;
use crate::procedures::signing::files::{FileError, not_written};
use crate::procedures::verification::FileSpool;
use crate::sign::cades::{self, WriteError};
use crate::sign::pades;
use crate::verify::Spool;

/// What a signed document is.
#[derive(Clone, Copy)]
pub(super) enum Form<'a> {
    /// CMS in binary form, with its content where it does not hold it.
    Cades(Option<&'a dyn Source>),
    /// A PDF.
    Pades,
}

/// A step.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Step {
    /// A timestamp on each signature that has none; on a PDF, one for all of them (EN 319 142-1 §6.3).
    Stamp,
    /// Validation data.
    AddData,
    /// A timestamp on all of it.
    Archive,
}

impl Step {
    /// The steps from one level to another. Who is at LTA already has it renewed.
    pub(super) fn between(from: Level, to: Level) -> Vec<Self> {
        let all = [(Level::T, Self::Stamp), (Level::Lt, Self::AddData), (Level::Lta, Self::Archive)];
        let renewed = from == Level::Lta;
        let wanted = |level| level <= to && (level > from || (renewed && level > Level::T));
        all.into_iter().filter(|(level, _)| wanted(*level)).map(|(_, step)| step).collect()
    }
}

/// Takes the steps, and leaves the document that the last of them wrote.
pub(super) fn raise<'a>(
    steps: &[Step],
    document: Box<dyn Source + 'a>,
    form: Form<'_>,
    authorities: &mut Authorities,
    spool: &FileSpool,
) -> Result<Box<dyn Source + 'a>, FileError> {
    let mut document = document;
    for step in steps {
        document = take(*step, &*document, form, authorities, spool)?;
    }
    Ok(document)
}

fn take(
    step: Step,
    document: &dyn Source,
    form: Form<'_>,
    authorities: &mut Authorities,
    spool: &FileSpool,
) -> Result<Box<dyn Source>, FileError> {
    let mut out = spool.begin();
    match (step, form) {
        (Step::Stamp, Form::Cades(content)) => stamp_cades(document, content, authorities, &mut out)?,
        (Step::Stamp | Step::Archive, Form::Pades) => stamp_pdf(document, authorities, &mut out)?,
        (Step::AddData, Form::Cades(content)) => {
            let data = collect(document, content, authorities, spool)?;
            let mut file = cades::existing(document, content).map_err(FileError::Prepare)?;
            file.add_validation_data(&data);
            file.write(&mut out).map_err(not_written)?;
        }
        (Step::AddData, Form::Pades) => {
            let data = collect(document, None, authorities, spool)?;
            let file = pades::add_validation_data(document, &data).map_err(FileError::Pdf)?;
            file.write(&mut out).map_err(not_written)?;
        }
        (Step::Archive, Form::Cades(content)) => archive_cades(document, content, authorities, &mut out)?,
    }
    out.finish().map_err(FileError::Result)
}

fn stamp_cades(
    document: &dyn Source,
    content: Option<&dyn Source>,
    authorities: &Authorities,
    out: &mut dyn Write,
) -> Result<(), FileError> {
    let mut file = cades::existing(document, content).map_err(FileError::Prepare)?;
    for signature in 0..file.len() {
        let Some(value) = file.unstamped(signature) else { continue };
        let token = authorities.stamp(DigestAlgorithm::Sha256.digest(value))?;
        file.add_timestamp(&token).map_err(other_timestamp)?;
    }
    file.write(out).map_err(not_written)
}

fn stamp_pdf(document: &dyn Source, authorities: &Authorities, out: &mut dyn Write) -> Result<(), FileError> {
    let prepared = pades::prepare_timestamp(document).map_err(FileError::Pdf)?;
    let token = authorities.stamp(*prepared.digest())?;
    prepared.write(&token, out).map_err(not_written)
}

fn archive_cades(
    document: &dyn Source,
    content: Option<&dyn Source>,
    authorities: &Authorities,
    out: &mut dyn Write,
) -> Result<(), FileError> {
    let mut file = cades::existing(document, content).map_err(FileError::Prepare)?;
    for signature in 0..file.len() {
        let missing = || FileError::Prepare(cades::PrepareError::ContentMissing);
        let archive = file.archive(signature).ok_or_else(missing)?;
        let token = authorities.stamp(*archive.imprint())?;
        file.add_archive_timestamp(signature, &archive, &token).map_err(other_timestamp)?;
    }
    file.write(out).map_err(not_written)
}

fn other_timestamp(_: cades::OtherValue) -> FileError {
    not_written(WriteError::OtherTimestamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_added() {
        use Step::{AddData, Archive, Stamp};
        for (from, to, expected) in [
            (Level::B, Level::B, &[][..]),
            (Level::B, Level::Lta, &[Stamp, AddData, Archive]),
            (Level::T, Level::Lt, &[AddData]),
            (Level::Lt, Level::Lt, &[]),
            (Level::Lta, Level::Lt, &[AddData]),
            (Level::Lta, Level::Lta, &[AddData, Archive]),
        ] {
            assert_eq!(Step::between(from, to), expected, "{from:?} {to:?}");
        }
    }
}
