//! The typeface of visible signatures: Titillium Web, that of the Italian public administration.
//!
//! Only the letters used go into the file, and with them what is read aloud or copied for each, so that a PDF/A file stays
//! one (ISO 19005-2 §6.2.11).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use miniz_oxide::deflate::compress_to_vec_zlib;
use skrifa::instance::{LocationRef, Size};
use skrifa::raw::TableProvider;
use skrifa::{FontRef, MetadataProvider};
use subsetter::GlyphRemapper;

use crate::crypto::{DigestAlgorithm, hex};
use crate::pdf::{Object, PdfError, Reference};
use crate::sign::pades::update::{Update, integer};
use crate::sign::pades::write::{self, entries, name, of, reference};

/// SIL Open Font License 1.1; fetched by `scripts/fetch-npm.sh`, read by every test that draws a signature.
static TITILLIUM: LazyLock<FontRef<'static>> = LazyLock::new(|| FontRef::new(OCTETS).expect("a file of the build"));

const OCTETS: &[u8] =
    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/target/web/titillium-web-v10-latin-ext_latin-regular.ttf"));

/// The letters that were used so far.
#[derive(Default)]
pub(super) struct Letters {
    /// Glyphs by the numbers that they have in the file.
    numbers: GlyphRemapper,
    /// The letter and the width of each, in thousandths of the size.
    used: BTreeMap<u16, (char, f64)>,
}

/// How wide a text is, of size 1.
pub(super) fn width(text: &str) -> f64 {
    text.chars().map(|letter| glyph(letter).2).sum::<f64>() / 1000.0
}

impl Letters {
    /// The numbers of the letters, as they stand in a string of the content.
    pub(super) fn codes(&mut self, text: &str) -> Vec<u8> {
        let mut codes = Vec::new();
        for letter in text.chars() {
            let (glyph, shown, width) = glyph(letter);
            let number = self.numbers.remap(glyph);
            self.used.insert(number, (shown, width));
            codes.extend(number.to_be_bytes());
        }
        codes
    }

    /// Puts the typeface into the file (ISO 32000-2 §9.7.6); what comes back is the font for the resources.
    pub(super) fn embed(&self, update: &mut Update<'_>) -> Result<Reference, PdfError> {
        let subset = subsetter::subset(OCTETS, 0, &self.numbers).expect("a file of the build");
        let file = packed_stream(&subset, [("Length1", integer(subset.len()))], update)?;
        let to_unicode = packed_stream(self.to_unicode().as_bytes(), [], update)?;
        let glyphs = FontRef::new(&subset).ok().and_then(|font| font.maxp().ok()).map_or(0, |maxp| maxp.num_glyphs());
        let all = packed_stream(&glyph_set(glyphs), [], update)?;
        let font_name = format!("{}+TitilliumWeb-Regular", tag(&subset));
        let descriptor = update.number()?;
        update.put(descriptor, descriptor_of(&font_name, file, all));
        let system = entries([
            ("Registry", Object::String(b"Adobe".as_slice().into())),
            ("Ordering", Object::String(b"Identity".as_slice().into())),
            ("Supplement", Object::Integer(0)),
        ]);
        let descendant = update.number()?;
        let cid_font = entries([
            ("Type", name("Font")),
            ("Subtype", name("CIDFontType2")),
            ("BaseFont", name(&font_name)),
            ("CIDSystemInfo", of(system)),
            ("FontDescriptor", reference(descriptor)),
            ("CIDToGIDMap", name("Identity")),
            ("W", self.widths()),
        ]);
        update.put(descendant, of(cid_font));
        let font = update.number()?;
        let whole = entries([
            ("Type", name("Font")),
            ("Subtype", name("Type0")),
            ("BaseFont", name(&font_name)),
            ("Encoding", name("Identity-H")),
            ("DescendantFonts", Object::Array([reference(descendant)].into())),
            ("ToUnicode", reference(to_unicode)),
        ]);
        update.put(font, of(whole));
        Ok(font)
    }

    fn widths(&self) -> Object {
        let each = self.used.iter().flat_map(|(number, (_, width))| {
            [Object::Integer((*number).into()), Object::Array([Object::Real(*width)].into())]
        });
        Object::Array(each.collect())
    }

    /// A `CMap` from numbers to letters (§9.10.3).
    fn to_unicode(&self) -> String {
        let start = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n\
             /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
             /CMapName /Adobe-Identity-UCS def /CMapType 2 def\n\
             1 begincodespacerange <0000> <FFFF> endcodespacerange\n";
        let lines: Vec<String> = self.used.iter().map(|(number, (letter, _))| to_utf16(*number, *letter)).collect();
        let sections = lines.chunks(MAX_AT_ONCE).map(|lines| {
            let count = lines.len().to_string();
            [count.as_str(), " beginbfchar\n", &lines.concat(), "endbfchar\n"].concat()
        });
        let sections: String = sections.collect();
        [start, &sections, "endcmap CMapName currentdict /CMap defineresource pop end end\n"].concat()
    }
}

/// What one section of a `CMap` may hold.
const MAX_AT_ONCE: usize = 100;

/// The glyph of a letter, the letter that it shows, and its width in thousandths of the size. What the typeface lacks
/// becomes a question mark, and stands in the text for those who do not see.
fn glyph(letter: char) -> (u16, char, f64) {
    let font = &*TITILLIUM;
    let letters = font.charmap();
    let known = |letter: char| Some((letters.map(letter)?, letter));
    let (glyph, shown) = known(letter).or_else(|| known('?')).unwrap_or_default();
    let width = font.glyph_metrics(Size::new(1000.0), LocationRef::default()).advance_width(glyph);
    (u16::try_from(glyph.to_u32()).unwrap_or_default(), shown, width.unwrap_or_default().into())
}

fn to_utf16(number: u16, letter: char) -> String {
    let units: Vec<u8> = letter.encode_utf16(&mut [0; 2]).iter().flat_map(|unit| unit.to_be_bytes()).collect();
    format!("<{number:04x}> <{}>\n", hex(&units))
}

fn descriptor_of(font_name: &str, file: Reference, glyphs: Reference) -> Object {
    /// Not one of the standard sets of letters (table 121).
    const SYMBOLIC: i64 = 4;
    let metrics = TITILLIUM.metrics(Size::new(1000.0), LocationRef::default());
    let number = |value: f32| Object::Real(value.into());
    let bounds = metrics.bounds.unwrap_or_default();
    let bounds = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(number);
    of(entries([
        ("Type", name("FontDescriptor")),
        ("FontName", name(font_name)),
        ("Flags", Object::Integer(SYMBOLIC)),
        ("FontBBox", Object::Array(bounds.into())),
        ("ItalicAngle", Object::Integer(0)),
        ("Ascent", number(metrics.ascent)),
        ("Descent", number(metrics.descent)),
        ("CapHeight", number(metrics.cap_height.unwrap_or(metrics.ascent))),
        ("StemV", Object::Integer(80)),
        ("FontFile2", reference(file)),
        ("CIDSet", reference(glyphs)),
    ]))
}

/// One bit for each glyph of the file, all set, which PDF/A-1 wants to be told (ISO 19005-1 §6.3.5).
fn glyph_set(glyphs: u16) -> Vec<u8> {
    let (whole, rest) = (usize::from(glyphs / 8), glyphs % 8);
    let mut set = vec![0xff; whole];
    set.extend((rest > 0).then_some(!(0xff_u8 >> rest)));
    set
}

/// Six letters that no other choice of glyphs has (ISO 32000-2 §9.9.2).
fn tag(subset: &[u8]) -> String {
    let digest = DigestAlgorithm::Sha256.digest(subset);
    digest.as_bytes().iter().take(6).map(|octet| char::from(b'A' + octet % 26)).collect()
}

fn packed_stream<const N: usize>(
    octets: &[u8],
    more: [(&str, Object); N],
    update: &mut Update<'_>,
) -> Result<Reference, PdfError> {
    const LEVEL: u8 = 6;
    let packed = compress_to_vec_zlib(octets, LEVEL);
    let own = entries([("Length", integer(packed.len())), ("Filter", name("FlateDecode"))]);
    let dictionary = more.into_iter().fold(own, |entries, (entry, value)| write::with(&entries, entry, value));
    let id = update.number()?;
    update.put_octets(id, write::stream_object(&dictionary, &packed));
    Ok(id)
}
