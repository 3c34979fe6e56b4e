package varco.peer;

import java.io.FileInputStream;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

/** Says of each file whether it is what it is held to be (1b, 2b, ua1, …), and what it breaks; exits with 1 if one is not. */
public final class Conformance {
    private Conformance() {}

    public static void main(String[] arguments) throws Exception {
        if (arguments.length < 2) {
            System.err.println("usage: Conformance 1b|2b|ua1|… FILE…");
            System.exit(2);
        }
        VeraGreenfieldFoundryProvider.initialise();
        PDFAFlavour flavour = PDFAFlavour.fromString(arguments[0]);
        List<String> files = Arrays.asList(arguments).subList(1, arguments.length);
        boolean allConform = true;
        for (String file : files) {
            ValidationResult result = validate(file, flavour);
            System.out.println(file + ": " + (result.isCompliant() ? "" : "not ") + flavour.getId());
            result.getTestAssertions().forEach(Conformance::tell);
            allConform &= result.isCompliant();
        }
        System.exit(allConform ? 0 : 1);
    }

    private static ValidationResult validate(String file, PDFAFlavour flavour) throws Exception {
        try (InputStream octets = new FileInputStream(file);
                PDFAParser parser = Foundries.defaultInstance().createParser(octets, flavour)) {
            return Foundries.defaultInstance().createValidator(flavour, false).validate(parser);
        }
    }

    private static void tell(TestAssertion assertion) {
        if (assertion.getStatus() == TestAssertion.Status.FAILED) {
            System.out.println("  " + assertion.getRuleId().getClause() + ": " + assertion.getMessage());
        }
    }
}
