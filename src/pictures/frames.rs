//! What the two processes say to each other: the number of pages, then one frame for each picture, then an end.

use std::io::{self, Read, Write};

use crate::pictures::{Drawn, NotDrawn, Picture};

/// The most octets of all pictures of one PDF.
const MAX_LEN: u64 = 24 * 1024 * 1024;
/// Stands in place of a page where no picture follows.
const END: u32 = 0;

pub(super) fn write_count(of: u32, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(&of.to_be_bytes())
}

pub(super) fn write_picture(picture: &Picture, output: &mut dyn Write) -> io::Result<()> {
    let len = u32::try_from(picture.png.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    for number in [picture.page, picture.width, picture.height, len] {
        output.write_all(&number.to_be_bytes())?;
    }
    output.write_all(&picture.png)
}

pub(super) fn write_end(output: &mut dyn Write) -> io::Result<()> {
    output.write_all(&END.to_be_bytes())?;
    output.flush()
}

/// Reads all that a process says that draws; without the end it gave up.
pub(super) fn read(input: &mut dyn Read) -> Result<Drawn, NotDrawn> {
    let mut input = input.take(MAX_LEN);
    let mut drawn = Drawn { of: number(&mut input)?, pictures: Vec::new() };
    loop {
        let page = number(&mut input)?;
        if page == END {
            return Ok(drawn);
        }
        let (width, height, len) = (number(&mut input)?, number(&mut input)?, number(&mut input)?);
        let mut png = Vec::new();
        input.by_ref().take(len.into()).read_to_end(&mut png)?;
        if u32::try_from(png.len()) != Ok(len) {
            return Err(NotDrawn::GaveUp);
        }
        drawn.pictures.push(Picture { page, width, height, png });
    }
}

fn number(input: &mut dyn Read) -> Result<u32, NotDrawn> {
    let mut octets = [0; 4];
    match input.read_exact(&mut octets) {
        Ok(()) => Ok(u32::from_be_bytes(octets)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(NotDrawn::GaveUp),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written() -> (Drawn, Vec<u8>) {
        let picture = |page| Picture { page, width: 3, height: 4, png: vec![7; 1000] };
        let drawn = Drawn { of: 9, pictures: vec![picture(1), picture(2)] };
        let mut octets = Vec::new();
        write_count(drawn.of, &mut octets).unwrap();
        for picture in &drawn.pictures {
            write_picture(picture, &mut octets).unwrap();
        }
        write_end(&mut octets).unwrap();
        (drawn, octets)
    }

    #[test]
    fn what_is_written_is_read() {
        let (drawn, octets) = written();
        assert_eq!(read(&mut octets.as_slice()).unwrap(), drawn);
    }

    #[test]
    fn what_was_cut_is_not_taken_for_the_whole() {
        let (_, octets) = written();
        for len in 0..octets.len() {
            assert!(matches!(read(&mut &octets[..len]), Err(NotDrawn::GaveUp)), "{len}");
        }
    }
}
