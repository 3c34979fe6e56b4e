//! A tree of XML from outside, built only after a scan has shown that it will not explode.
//!
//! Building a tree of one element with 100,000 attributes, or of 3,000 nested namespace declarations, takes tens of
//! seconds; the scan is linear.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use roxmltree::{Document, ParsingOptions};

/// Why bytes are not XML that we read.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum XmlError {
    /// More octets than [`MAX_LEN`].
    #[error("the XML is larger than {MAX_LEN} octets")]
    TooLarge,
    /// Not UTF-8.
    #[error("the XML is not UTF-8")]
    NotUtf8,
    /// A document type declaration, which no format of ours has and which could declare entities.
    #[error("the XML has a document type declaration")]
    Doctype,
    /// More levels than [`MAX_DEPTH`].
    #[error("the XML is nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// More elements, comments or instructions than [`MAX_NODES`].
    #[error("the XML has more than {MAX_NODES} nodes")]
    TooManyNodes,
    /// More attributes on one element than [`MAX_ATTRIBUTES`].
    #[error("an element of the XML has more than {MAX_ATTRIBUTES} attributes")]
    TooManyAttributes,
    /// More namespace declarations in scope than [`MAX_NAMESPACES`].
    #[error("the XML has more than {MAX_NAMESPACES} namespace declarations in scope")]
    TooManyNamespaces,
    /// Not well-formed. Holds what the parser says.
    #[error("not well-formed XML: {0}")]
    Malformed(String),
}

/// Octets of one document; the largest national list of 2023 has 2.4 million.
pub const MAX_LEN: usize = 32 * 1024 * 1024;
/// Levels of nesting.
pub const MAX_DEPTH: usize = 128;
/// Elements, comments and processing instructions.
pub const MAX_NODES: u32 = 1_000_000;
/// Attributes of one element.
pub const MAX_ATTRIBUTES: usize = 256;
/// Namespace declarations in scope of one element.
pub const MAX_NAMESPACES: usize = 64;

/// Takes octets as the text of an XML document that is safe to make a tree of. A byte order mark is left out.
pub fn scan(octets: &[u8]) -> Result<&str, XmlError> {
    if octets.len() > MAX_LEN {
        return Err(XmlError::TooLarge);
    }
    let text = std::str::from_utf8(octets).map_err(|_| XmlError::NotUtf8)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader::from_str(text);
    let mut nodes = 0_u32;
    // For each open element: the namespace declarations in scope.
    let mut open: Vec<usize> = Vec::new();
    loop {
        nodes += 1;
        if nodes > 3 * MAX_NODES {
            // Text and end tags count here as well; the parser of the tree counts exactly.
            return Err(XmlError::TooManyNodes);
        }
        match reader.read_event().map_err(|error| XmlError::Malformed(error.to_string()))? {
            Event::Start(element) => {
                if open.len() >= MAX_DEPTH {
                    return Err(XmlError::TooDeep);
                }
                open.push(declarations(&element, open.last().copied().unwrap_or(0))?);
            }
            Event::Empty(element) => {
                declarations(&element, open.last().copied().unwrap_or(0))?;
            }
            Event::End(_) => {
                open.pop();
            }
            Event::DocType(_) => return Err(XmlError::Doctype),
            Event::Eof => return Ok(text),
            _ => {}
        }
    }
}

/// Builds the tree of a text that [`scan`] let through.
pub fn tree(text: &str) -> Result<Document<'_>, XmlError> {
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| match error {
        roxmltree::Error::NodesLimitReached => XmlError::TooManyNodes,
        roxmltree::Error::DtdDetected => XmlError::Doctype,
        other => XmlError::Malformed(other.to_string()),
    })
}

/// Counts the attributes of an element; returns the namespace declarations in its scope.
fn declarations(element: &BytesStart<'_>, inherited: usize) -> Result<usize, XmlError> {
    let mut namespaces = inherited;
    for (index, attribute) in element.attributes().with_checks(false).enumerate() {
        if index >= MAX_ATTRIBUTES {
            return Err(XmlError::TooManyAttributes);
        }
        let attribute = attribute.map_err(|error| XmlError::Malformed(error.to_string()))?;
        if attribute.key.as_namespace_binding().is_some() {
            namespaces += 1;
        }
    }
    if namespaces > MAX_NAMESPACES { Err(XmlError::TooManyNamespaces) } else { Ok(namespaces) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(), XmlError> {
        scan(text.as_bytes()).and_then(tree).map(drop)
    }

    #[test]
    fn floods_are_refused_and_what_is_just_below_is_not() {
        let attributes = |count: usize| {
            let list: Vec<String> = (0..count).map(|index| format!(" a{index}=''")).collect();
            format!("<a{}/>", list.concat())
        };
        assert_eq!(read(&attributes(MAX_ATTRIBUTES)), Ok(()));
        assert_eq!(read(&attributes(MAX_ATTRIBUTES + 1)), Err(XmlError::TooManyAttributes));
        assert_eq!(read(&attributes(100_000)), Err(XmlError::TooManyAttributes));

        let nested = |count: usize| format!("{}{}", "<a>".repeat(count), "</a>".repeat(count));
        assert_eq!(read(&nested(MAX_DEPTH)), Ok(()));
        assert_eq!(read(&nested(MAX_DEPTH + 1)), Err(XmlError::TooDeep));
        assert_eq!(read(&nested(1_000_000)), Err(XmlError::TooDeep));

        let namespaces = |count: usize| {
            let open: Vec<String> = (0..count).map(|index| format!("<a xmlns:n{index}='urn:{index}'>")).collect();
            format!("{}{}", open.concat(), "</a>".repeat(count))
        };
        assert_eq!(read(&namespaces(MAX_NAMESPACES)), Ok(()));
        assert_eq!(read(&namespaces(MAX_NAMESPACES + 1)), Err(XmlError::TooManyNamespaces));
        assert_eq!(read(&format!("<a>{}</a>", "<b/>".repeat(1_000_000))), Err(XmlError::TooManyNodes));
    }

    #[test]
    fn a_document_type_is_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b 'bbbbbbbb'><!ENTITY c '&b;&b;&b;&b;'>]><a>&c;</a>";
        assert_eq!(read(bomb), Err(XmlError::Doctype));
        assert_eq!(read("<!DOCTYPE a SYSTEM 'file:///etc/hostname'><a/>"), Err(XmlError::Doctype));
        assert_eq!(read("<a/>"), Ok(()));
    }

    #[test]
    fn what_is_not_xml_is_refused() {
        for bad in ["", "x", "<a>", "<a></b>", "<a b=c/>", "<a/><a/>", "<a>&b;</a>"] {
            assert!(matches!(read(bad), Err(XmlError::Malformed(_))), "{bad}");
        }
        assert_eq!(scan(&[b'<', 0xff, b'>']), Err(XmlError::NotUtf8));
        assert_eq!(scan(&vec![b' '; MAX_LEN + 1]), Err(XmlError::TooLarge));
    }
}
