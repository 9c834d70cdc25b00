package io.spendguard.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.evidence.SealedAuditEvent;
import io.spendguard.evidence.internal.PackageNames;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.proof.KeyCertificate;
import io.spendguard.proof.P256Signer;
import io.spendguard.proof.Signer;
import io.spendguard.proof.VerificationKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Changes a package in ways that keep it a package: lines, members, numbers, digests and names, not only bytes. Half of the
 * mutants come with a manifest that a trusted exporter signed over them, so that checksums do not help. Whatever is changed,
 * the answer comes in bounded time, is a report, and never says that all is well.
 *
 * <p>A mutant that survives is told by its seed and number, which make it again.
 */
class VerifierFuzzTest {
    private static final int MUTANTS = 150;
    /** One of so many is verified both ways: where facts wait makes no difference to most of what can be broken. */
    private static final int DOUBLED = 10;

    private static final Duration LONGEST = Duration.ofSeconds(20);

    private static final Signer ROOT = P256Signer.generate();
    private static final Signer EXPORTER = Ed25519Signer.generate();
    private static final Pattern NUMBER = Pattern.compile("(?<=[:,\\[\"])-?[0-9]{1,18}(?=[,}\\]\"])");
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");
    private static final Pattern UUIDS = Pattern.compile("[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}");
    private static final Pattern BASE64 = Pattern.compile("[A-Za-z0-9+/]{86}==");
    private static final String[] WORDS = {
        "acme",
        "globex",
        "continue",
        "COMMITTED",
        "RELEASED",
        "AVAILABLE",
        "HELD",
        "SPENT",
        "ADJUSTMENT",
        "decision",
        "outcome",
        "stream.opened",
        "stream.closed",
        "stream.closed_by_fence",
        "key.certified",
        "true",
        "USD"
    };

    @TempDir
    private Path directory;

    private Path genuine;
    private Anchors anchors;

    @BeforeEach
    void exportAPackageWithAllThereIs() {
        Signer certified = new Certified(Ed25519Signer.generate());
        List<SealedAuditEvent> events = new ArrayList<>(Specimen.life(certified, "acme", 0x100));
        events.addAll(Specimen.life(Specimen.SIGNER, "globex", 0x9000));
        Specimen dead = Specimen.writer(Specimen.SIGNER, 0x5000);
        dead.write(dead.opening("initech"));
        events.addAll(Specimen.writer(EXPORTER, 0x6000).closeFor(dead.leaveOpen()));
        SpecimenLog log = SpecimenLog.by(ROOT).take(events.subList(0, 4)).take(events.subList(4, events.size()));
        anchors = Anchors.of(ROOT.verificationKey(), Specimen.SIGNER.verificationKey(), EXPORTER.verificationKey())
                .with(log.signed());
        genuine = Specimen.export(directory.resolve("genuine.zip"), events, EXPORTER, log);
    }

    @Test
    void verify_untouched_isVerified() {
        assertThat(BothWays.verify(genuine, anchors).findings()).isEmpty();
    }

    @ParameterizedTest
    @Timeout(value = 5, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    @ValueSource(longs = {20_261_126, 1, 42, 7})
    void verify_anyMutant_isFoundInBoundedTime(long seed) throws IOException {
        Random random = new Random(seed);
        List<String> survivors = new ArrayList<>();
        int changed = 0;

        for (int i = 0; i < MUTANTS; i++) {
            Tampered tampered = Tampered.open(genuine);
            StringBuilder story = new StringBuilder();
            int steps = 1 + random.nextInt(3);
            for (int step = 0; step < steps; step++) {
                story.append(mutate(tampered, random)).append("; ");
            }
            boolean isResealed = random.nextBoolean() && reseal(tampered);
            Path mutant = tampered.save(directory.resolve("mutant.zip"));
            if (Arrays.equals(Files.readAllBytes(mutant), Files.readAllBytes(genuine))) {
                continue;
            }
            changed++;
            long start = System.nanoTime();
            VerificationReport report =
                    i % DOUBLED == 0 ? BothWays.verify(mutant, anchors) : Verifier.verify(mutant, anchors);
            boolean isVerified = report.isVerified();
            Duration taken = Duration.ofNanos(System.nanoTime() - start);
            if (isVerified || taken.compareTo(LONGEST) > 0) {
                survivors.add(
                        "seed " + seed + ", mutant " + i + " (" + story + (isResealed ? "resealed" : "not resealed")
                                + "): " + (isVerified ? "verified" : "took " + taken));
            }
        }

        assertThat(changed).isGreaterThan(MUTANTS * 8 / 10);
        assertThat(survivors).isEmpty();
    }

    /** One change; returns what was done. */
    private static String mutate(Tampered tampered, Random random) {
        List<String> names = tampered.files().keySet().stream()
                // Names of keys prove nothing, so that a signed list of other names is no fault.
                .filter(name -> !name.startsWith("manifest.") && !name.equals(PackageNames.KEYS))
                .toList();
        if (names.isEmpty()) {
            return "nothing is left";
        }
        String name = names.get(random.nextInt(names.size()));
        List<String> lines = lines(tampered, name);
        int at = random.nextInt(lines.size());
        String line = lines.get(at);
        String what;
        switch (random.nextInt(14)) {
            case 0 -> {
                tampered.remove(name);
                return "remove " + name;
            }
            case 1 -> {
                String other = name.contains("acme") ? name.replace("acme", "globex") : name.replace("globex", "acme");
                byte[] content = tampered.files().get(name);
                tampered.remove(name).files().put(other.equals(name) ? "log/other.jsonl" : other, content);
                return "rename " + name;
            }
            case 2 -> {
                what = "drop a line";
                lines.remove(at);
            }
            case 3 -> {
                what = "repeat a line";
                lines.add(random.nextInt(lines.size() + 1), line);
            }
            case 4 -> {
                what = "exchange lines";
                Collections.swap(lines, at, random.nextInt(lines.size()));
            }
            case 5 -> {
                what = "cut the end";
                lines.subList(at, lines.size()).clear();
            }
            case 6 -> {
                what = "take a line of another file";
                String other = names.get(random.nextInt(names.size()));
                lines.set(at, lines(tampered, other).get(0));
            }
            case 7 -> {
                what = "change a number";
                lines.set(at, replaceOne(line, NUMBER, random, VerifierFuzzTest::number));
            }
            case 8 -> {
                what = "change a digest";
                lines.set(at, replaceOne(line, HEX, random, VerifierFuzzTest::digest));
            }
            case 9 -> {
                what = "exchange a digest for another of the file";
                String all = String.join("\n", lines);
                lines.set(
                        at,
                        replaceOne(
                                line,
                                HEX,
                                random,
                                (old, chance) -> pick(all, HEX, chance).orElse(old)));
            }
            case 10 -> {
                what = "exchange an id for another of the file";
                String all = String.join("\n", lines);
                lines.set(
                        at,
                        replaceOne(
                                line,
                                UUIDS,
                                random,
                                (old, chance) -> pick(all, UUIDS, chance).orElse(old)));
            }
            case 11 -> {
                what = "exchange a signature for another of the file";
                String all = String.join("\n", lines);
                lines.set(
                        at,
                        replaceOne(
                                line,
                                BASE64,
                                random,
                                (old, chance) -> pick(all, BASE64, chance).orElse(old)));
            }
            case 12 -> {
                what = "exchange a word";
                String word = WORDS[random.nextInt(WORDS.length)];
                lines.set(at, line.replaceFirst(word, WORDS[random.nextInt(WORDS.length)]));
            }
            default -> {
                what = "change a character";
                int position = random.nextInt(Math.max(1, line.length()));
                lines.set(
                        at,
                        line.isEmpty()
                                ? "x"
                                : line.substring(0, position)
                                        + (char) (' ' + random.nextInt(95))
                                        + line.substring(position + 1));
            }
        }
        tampered.put(name, lines.isEmpty() ? "" : String.join("\n", lines) + "\n");
        return what + " of " + name + ":" + (at + 1);
    }

    /** At least one, which may be empty. */
    private static List<String> lines(Tampered tampered, String name) {
        List<String> lines = new ArrayList<>(new String(tampered.files().get(name), StandardCharsets.UTF_8)
                .lines()
                .toList());
        if (lines.isEmpty()) {
            lines.add("");
        }
        return lines;
    }

    /** What the exporter cannot even list he cannot sign. */
    private static boolean reseal(Tampered tampered) {
        try {
            tampered.sealManifest(EXPORTER);
            return true;
        } catch (IllegalArgumentException illegible) {
            return false;
        }
    }

    private static String replaceOne(
            String line, Pattern pattern, Random random, BiFunction<String, Random, String> change) {
        List<int[]> places = new ArrayList<>();
        Matcher matcher = pattern.matcher(line);
        while (matcher.find()) {
            places.add(new int[] {matcher.start(), matcher.end()});
        }
        if (places.isEmpty()) {
            return line + " ";
        }
        int[] place = places.get(random.nextInt(places.size()));
        String old = line.substring(place[0], place[1]);
        return line.substring(0, place[0]) + change.apply(old, random) + line.substring(place[1]);
    }

    private static String number(String old, Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> "0";
            case 1 -> "-1";
            case 2 -> Long.toString(Long.MAX_VALUE);
            case 3 -> Long.toString((1L << 53) - 1);
            case 4 -> Long.toString(Integer.MAX_VALUE);
            default -> Long.toString(Long.parseLong(old) + 1);
        };
    }

    private static String digest(String old, Random random) {
        byte[] bytes = HexFormat.of().parseHex(old);
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        return HexFormat.of().formatHex(bytes);
    }

    private static Optional<String> pick(String text, Pattern pattern, Random random) {
        List<String> found =
                pattern.matcher(text).results().map(it -> it.group()).toList();
        return found.isEmpty() ? Optional.empty() : Optional.of(found.get(random.nextInt(found.size())));
    }

    /** Its certificate goes with every stream. */
    private record Certified(Signer local) implements Signer {
        @Override
        public String keyId() {
            return local.keyId();
        }

        @Override
        public String algorithm() {
            return local.algorithm();
        }

        @Override
        public byte[] publicKey() {
            return local.publicKey();
        }

        @Override
        public byte[] sign(byte[] message) {
            return local.sign(message);
        }

        @Override
        public Optional<KeyCertificate> certificate() {
            return Optional.of(KeyCertificate.issue(
                    ROOT, local.verificationKey(), List.of("acme"), Specimen.NOW, Duration.ofHours(1)));
        }

        @Override
        public VerificationKey verificationKey() {
            return local.verificationKey();
        }
    }
}
