package varco.peer;

import eu.europa.esig.dss.diagnostic.AbstractSignatureWrapper;
import eu.europa.esig.dss.diagnostic.DiagnosticData;
import eu.europa.esig.dss.diagnostic.PDFRevisionWrapper;
import eu.europa.esig.dss.diagnostic.SignatureWrapper;
import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.diagnostic.jaxb.XmlObjectModification;
import eu.europa.esig.dss.diagnostic.jaxb.XmlPDFLockDictionary;
import eu.europa.esig.dss.enumerations.DigestAlgorithm;
import eu.europa.esig.dss.model.DSSDocument;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.spi.x509.revocation.crl.ExternalResourcesCRLSource;
import eu.europa.esig.dss.validation.SignedDocumentValidator;
import eu.europa.esig.dss.validation.reports.Reports;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Prints what EU DSS says of each file, one JSON line per file: offline, and without trust anchors but those of
 * {@code --trust} (and with the one CRL of {@code --crl}), so that its indications are never better than INDETERMINATE without it.
 *
 * <p>Arguments: {@code [--trust FOLDER] [--crl FILE] [--time N] ([--content FILE] FILE)...}. {@code --content} gives the detached content of the
 * file after it; {@code --time} adds the median of N validations after five to warm up.
 */
public final class Peer {
    private static final int WARM_UP = 5;

    private static CommonTrustedCertificateSource anchors;
    private static ExternalResourcesCRLSource crls;

    private Peer() {}

    public static void main(String[] arguments) {
        int runs = 0;
        File content = null;
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--trust" -> trust(new File(arguments[++i]));
                case "--crl" -> crls = new ExternalResourcesCRLSource(new FileDocument(arguments[++i]));
                case "--time" -> runs = Integer.parseInt(arguments[++i]);
                case "--content" -> content = new File(arguments[++i]);
                default -> {
                    System.out.println(Json.write(answer(new File(arguments[i]), content, runs)));
                    content = null;
                }
            }
        }
    }

    /** Trusts the certificates of a folder, for all files after it. */
    private static void trust(File folder) {
        anchors = new CommonTrustedCertificateSource();
        for (File file : folder.listFiles()) {
            anchors.addCertificate(DSSUtils.loadCertificate(file));
        }
    }

    private static Map<String, Object> answer(File file, File content, int runs) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("tool", "dss");
        line.put("path", file.getPath());
        try {
            Reports reports = validate(file, content);
            line.put("signatures", signatures(reports));
            line.put("timestamps", timestamps(reports));
            if (runs > 0) {
                line.putAll(time(file, content, runs));
            }
        } catch (Exception | StackOverflowError error) {
            line.put("error", error.getClass().getSimpleName() + ": " + error.getMessage());
        }
        return line;
    }

    private static Reports validate(File file, File content) {
        SignedDocumentValidator validator = SignedDocumentValidator.fromDocument(new FileDocument(file));
        // This constructor sets no source of certificates or revocation data: nothing goes over the network.
        CommonCertificateVerifier verifier = new CommonCertificateVerifier(true);
        if (anchors != null) {
            verifier.setTrustedCertSources(anchors);
        }
        if (crls != null) {
            verifier.setCrlSource((certificate, issuer) -> crls.getRevocationTokens(certificate, issuer).stream()
                    .findFirst()
                    .orElse(null));
        }
        validator.setCertificateVerifier(verifier);
        validator.setDefaultDigestAlgorithm(DigestAlgorithm.SHA256);
        if (content != null) {
            List<DSSDocument> contents = List.of(new FileDocument(content));
            validator.setDetachedContents(contents);
        }
        return validator.validateDocument();
    }

    private static List<Object> signatures(Reports reports) {
        DiagnosticData data = reports.getDiagnosticData();
        List<Object> result = new ArrayList<>();
        for (SignatureWrapper signature : data.getSignatures()) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("level", String.valueOf(signature.getSignatureFormat()));
            entry.put("counter", signature.isCounterSignature());
            putJudgement(entry, signature, reports.getSimpleReport());
            putRevision(entry, signature.getPDFRevision());
            result.add(entry);
        }
        return result;
    }

    private static List<Object> timestamps(Reports reports) {
        List<Object> result = new ArrayList<>();
        for (TimestampWrapper timestamp : reports.getDiagnosticData().getTimestampList()) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("type", String.valueOf(timestamp.getType()));
            putJudgement(entry, timestamp, reports.getSimpleReport());
            putRevision(entry, timestamp.getPDFRevision());
            result.add(entry);
        }
        return result;
    }

    private static void putJudgement(Map<String, Object> entry, AbstractSignatureWrapper token, SimpleReport report) {
        boolean hash = !token.getDigestMatchers().isEmpty()
                && token.getDigestMatchers().stream().allMatch(matcher -> matcher.isDataFound() && matcher.isDataIntact());
        entry.put("hash", hash);
        entry.put("value", token.isSignatureIntact());
        entry.put("indication", String.valueOf(report.getIndication(token.getId())));
        entry.put("sub_indication", String.valueOf(report.getSubIndication(token.getId())));
        boolean identified = token.getSigningCertificate() != null;
        entry.put(
                "certificate",
                identified ? hexadecimal(token.getSigningCertificate().getDigestAlgoAndValue().getDigestValue()) : null);
    }

    private static void putRevision(Map<String, Object> entry, PDFRevisionWrapper revision) {
        if (revision == null) {
            return;
        }
        entry.put("sub_filter", revision.getSubFilter());
        entry.put("range", revision.getSignatureByteRange());
        entry.put("range_valid", revision.isSignatureByteRangeValid());
        entry.put("dictionary_consistent", revision.isPdfSignatureDictionaryConsistent());
        entry.put("doc_mdp", revision.getDocMDPPermissions() == null ? null : revision.getDocMDPPermissions().name());
        entry.put("field_mdp", action(revision.getFieldMDP()));
        entry.put("lock", action(revision.getSigFieldLock()));
        entry.put("overlap_pages", pages(revision.getPdfAnnotationsOverlapConcernedPages()));
        entry.put("visual_pages", pages(revision.getPdfVisualDifferenceConcernedPages()));
        entry.put("missing_pages", pages(revision.getPdfPageDifferenceConcernedPages()));
        entry.put("extension", changes(revision.getPdfExtensionChanges()));
        entry.put("signature_or_form_fill", changes(revision.getPdfSignatureOrFormFillChanges()));
        entry.put("annotation", changes(revision.getPdfAnnotationChanges()));
        entry.put("undefined", changes(revision.getPdfUndefinedChanges()));
    }

    private static String action(XmlPDFLockDictionary lock) {
        return lock == null ? null : String.valueOf(lock.getAction());
    }

    private static List<BigInteger> pages(List<BigInteger> pages) {
        return pages == null ? List.of() : pages;
    }

    private static List<String> changes(List<XmlObjectModification> modifications) {
        return modifications == null
                ? List.of()
                : modifications.stream().map(m -> m.getAction() + " " + m.getValue()).toList();
    }

    private static String hexadecimal(byte[] octets) {
        return java.util.HexFormat.of().formatHex(octets);
    }

    /** Medians in milliseconds: by the clock, and of the CPU time of the whole process (with collector and compiler). */
    private static Map<String, Object> time(File file, File content, int runs) {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        double[] clock = new double[runs];
        double[] cpu = new double[runs];
        for (int i = -WARM_UP; i < runs; i++) {
            long clockBefore = System.nanoTime();
            long cpuBefore = system.getProcessCpuTime();
            validate(file, content);
            if (i >= 0) {
                cpu[i] = (system.getProcessCpuTime() - cpuBefore) / 1e6;
                clock[i] = (System.nanoTime() - clockBefore) / 1e6;
            }
        }
        Arrays.sort(clock);
        Arrays.sort(cpu);
        return Map.of("ms", clock[runs / 2], "cpu_ms", cpu[runs / 2]);
    }
}
