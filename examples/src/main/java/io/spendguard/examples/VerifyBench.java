package io.spendguard.examples;

import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.Signer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How fast an auditor's machine verifies: a fresh JVM on one core whose heap is smaller than the package, start-up of the compiler
 * included. One package is signed in batches of 16, as a busy writer makes them, another event by event; a third, in batches of 16
 * again, has so many events that their ids and decisions alone, at some hundred bytes for each event, are more than that heap.
 */
final class VerifyBench implements Bench {
    static final int HEAP_MEGABYTES = 96;
    private static final int BATCHED_EVENTS = 200_000;
    private static final int STRICT_EVENTS = 50_000;
    private static final int MANY_EVENTS = 1_000_000;

    @Override
    public String name() {
        return "verify";
    }

    @Override
    public void run(BenchReport report) throws Exception {
        Path directory = Files.createTempDirectory("spendguard-verify");
        try {
            Signer signer = Ed25519Signer.generate();
            Path anchors = directory.resolve("anchors.json");
            Anchors.of(signer.verificationKey()).write(anchors);
            Path batched = directory.resolve("batched.zip");
            Path strict = directory.resolve("strict.zip");
            new VerifyBenchPackage(signer, 16).write(batched, BATCHED_EVENTS);
            new VerifyBenchPackage(signer, 1).write(strict, STRICT_EVENTS);

            Run inBatches = verify(batched, anchors);
            Run alone = verify(strict, anchors);
            Path large = directory.resolve("large.zip");
            new VerifyBenchPackage(signer, 16).write(large, MANY_EVENTS);
            Run many = verify(large, anchors);
            double megabytes = Files.size(batched) / 1048576.0;
            report.conditions("one core, a fresh JVM with a heap of " + HEAP_MEGABYTES + " MB, " + inBatches.events()
                    + " and " + many.events() + " events in batches of 16, " + alone.events() + " signed each");
            report.ratioAtLeast("package to the verifier's heap", megabytes / HEAP_MEGABYTES, 1);
            report.figureAtLeast("verified, batches of 16", inBatches.perSecond(), 20_000, "events/s");
            report.figureAtLeast("verified, each signed", alone.perSecond(), 5_000, "events/s");
            report.ratioAtLeast(
                    "large package to the verifier's heap", Files.size(large) / 1048576.0 / HEAP_MEGABYTES, 10);
            report.figure("verified, large package", many.perSecond(), "events/s");
            report.ratioAtLeast("large package to batches of 16", many.perSecond() / inBatches.perSecond(), 0.8);
            report.ratio("batches of 16 to each signed", inBatches.perSecond() / alone.perSecond());
            report.ratio("each signed to bare Ed25519 verification", alone.perSecond() / alone.signaturesPerSecond());
        } finally {
            Files.deleteIfExists(directory.resolve("batched.zip"));
            Files.deleteIfExists(directory.resolve("strict.zip"));
            Files.deleteIfExists(directory.resolve("large.zip"));
            Files.deleteIfExists(directory.resolve("anchors.json"));
            Files.delete(directory);
        }
    }

    private static Run verify(Path file, Path anchors) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-XX:ActiveProcessorCount=1",
                        "-Xmx" + HEAP_MEGABYTES + "m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        VerifyBenchProcess.class.getName(),
                        file.toString(),
                        anchors.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader says = process.inputReader(StandardCharsets.UTF_8)) {
            String line = says.readLine();
            if (process.waitFor() != 0 || line == null) {
                throw new IllegalStateException(
                        "The verifier's JVM ended with " + process.exitValue() + ". See above.");
            }
            String[] figures = line.split(" ", 3);
            return new Run(Long.parseLong(figures[0]), Double.parseDouble(figures[1]), Double.parseDouble(figures[2]));
        }
    }

    /** What a verifier's JVM says. */
    private record Run(long events, double perSecond, double signaturesPerSecond) {}
}
