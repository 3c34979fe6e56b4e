#!/usr/bin/env python3
"""many_signatures.py N FILE [BASE]: signs BASE (or a page of its own) N times, one revision each, to measure the peers.

The key and its certificate are made for the run and belong to nobody. Each signature has its own field without
appearance and room for 16,384 octets of CMS, as the signing software of the corpus leaves.
"""

import datetime
import io
import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.writer import PageObject, PdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, PdfSigner, SimpleSigner
from pyhanko.sign.fields import SigSeedSubFilter


def main() -> None:
    count, target = int(sys.argv[1]), Path(sys.argv[2])
    signer = new_signer()
    document = Path(sys.argv[3]).read_bytes() if len(sys.argv) > 3 else one_page()
    for number in range(1, count + 1):
        metadata = PdfSignatureMetadata(
            field_name=f"Firma{number}", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
        )
        writer = IncrementalPdfFileWriter(io.BytesIO(document), strict=False)
        signed = PdfSigner(metadata, signer).sign_pdf(writer, bytes_reserved=2 * 16384)
        document = signed.getvalue()
    target.write_bytes(document)


def one_page() -> bytes:
    writer = PdfFileWriter()
    content = generic.StreamObject(stream_data=b"BT /F1 12 Tf 72 720 Td (Prova) Tj ET")
    font = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Font"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/Type1"),
            generic.pdf_name("/BaseFont"): generic.pdf_name("/Helvetica"),
        }
    )
    fonts = generic.DictionaryObject({generic.pdf_name("/F1"): writer.add_object(font)})
    resources = generic.DictionaryObject({generic.pdf_name("/Font"): fonts})
    page = PageObject(contents=writer.add_object(content), media_box=(0, 0, 595, 842), resources=resources)
    writer.insert_page(page)
    result = io.BytesIO()
    writer.write(result)
    return result.getvalue()


def new_signer() -> SimpleSigner:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Firmatario di prova")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.KeyUsage(False, True, *[False] * 7), critical=True)
        .sign(key, hashes.SHA256())
    )
    packed = pkcs12.serialize_key_and_certificates(
        b"", key, certificate, None, serialization.BestAvailableEncryption(b"prova")
    )
    return SimpleSigner.load_pkcs12_data(packed, other_certs=[], passphrase=b"prova")


if __name__ == "__main__":
    main()
