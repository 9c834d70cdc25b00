package io.spendguard.examples;

import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import io.spendguard.verify.VerificationReport;
import io.spendguard.verify.Verifier;
import java.nio.file.Path;
import java.util.Locale;

/** A JVM that verifies a package once and says how many events it had, how many a second, and what bare signatures would take. */
final class VerifyBenchProcess {
    private static final int SIGNATURES = 3_000;

    private VerifyBenchProcess() {}

    /** Package, anchors. */
    public static void main(String[] args) {
        long start = System.nanoTime();
        VerificationReport report = Verifier.verify(Path.of(args[0]), Anchors.load(Path.of(args[1])));
        double seconds = (System.nanoTime() - start) / 1e9;
        if (!report.isVerified()) {
            throw new IllegalStateException(
                    report.summary() + ": " + report.findings().get(0));
        }
        System.out.printf(Locale.ROOT, "%d %f %f%n", report.events(), report.events() / seconds, signaturesPerSecond());
    }

    /** Warm by then, if each event was signed. */
    private static double signaturesPerSecond() {
        Signer signer = Ed25519Signer.generate();
        byte[] message = new byte[64];
        byte[] signature = signer.sign(message);
        int good = 0;
        long start = System.nanoTime();
        for (int i = 0; i < SIGNATURES; i++) {
            good += signer.verificationKey().verify(message, signature) ? 1 : 0;
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        if (good != SIGNATURES) {
            throw new IllegalStateException("A good signature was refused.");
        }
        return SIGNATURES / seconds;
    }
}
