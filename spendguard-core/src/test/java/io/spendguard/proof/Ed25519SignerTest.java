package io.spendguard.proof;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.spendguard.model.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.Security;
import java.util.Base64;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Ed25519SignerTest {
    /** RFC 8032 §7.1, test 2. */
    private static final String RFC_PEM = pem(
            "302e020100300506032b6570042204204ccd089b28ff96da9db6c346ec114e0f" + "5b8a319f35aba624da8cf6ed4fb8a6fb");

    @TempDir
    Path directory;

    @Test
    void sign_rfc8032Key_givesTheRfcsSignature() throws IOException {
        Ed25519Signer signer = Ed25519Signer.load(keyFile(RFC_PEM));

        assertThat(hex(signer.publicKey()))
                .isEqualTo("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        assertThat(hex(signer.sign(new byte[] {0x72})))
                .isEqualTo("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                        + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
    }

    @Test
    void keyId_isTheWholeHashOfThePublicKey() {
        Ed25519Signer signer = Ed25519Signer.generate();

        assertThat(signer.keyId())
                .isEqualTo("ed25519:" + Digest.sha256(signer.publicKey()).hex());
        assertThat(signer.algorithm()).isEqualTo("Ed25519");
        assertThat(signer).hasToString("Ed25519Signer[" + signer.keyId() + "]");
    }

    @Test
    void verify_ownSignature_holdsForExactlyThatMessage() {
        Ed25519Signer signer = Ed25519Signer.generate();
        byte[] signature = signer.sign("a".getBytes(UTF_8));

        VerificationKey key = signer.verificationKey();

        assertThat(key.verify("a".getBytes(UTF_8), signature)).isTrue();
        assertThat(key.verify("b".getBytes(UTF_8), signature)).isFalse();
        assertThat(key.verify("a".getBytes(UTF_8), new byte[63])).isFalse();
        assertThat(key.verify("a".getBytes(UTF_8), new byte[64])).isFalse();
        assertThat(Ed25519Signer.generate().verificationKey().verify("a".getBytes(UTF_8), signature))
                .isFalse();
    }

    @Test
    void generate_twice_givesDifferentKeys() {
        assertThat(Ed25519Signer.generate().keyId())
                .isNotEqualTo(Ed25519Signer.generate().keyId());
    }

    @Test
    void generate_registersNoSecurityProvider() {
        Ed25519Signer.generate().sign(new byte[0]);

        assertThat(Security.getProvider("BC")).isNull();
    }

    @Test
    void loadOrCreate_noFile_makesAPrivateOneAndItsDirectories() throws IOException {
        Path file = directory.resolve("keys/deep/key.pem");

        Ed25519Signer made = Ed25519Signer.loadOrCreate(file);

        assertThat(mode(file)).isEqualTo("rw-------");
        assertThat(mode(file.getParent())).isEqualTo("rwx------");
        assertThat(mode(directory.resolve("keys"))).isEqualTo("rwx------");
        assertThat(Ed25519Signer.load(file).keyId()).isEqualTo(made.keyId());
        assertThat(names(file.getParent())).containsExactly("key.pem");
    }

    @Test
    void loadOrCreate_existingFile_isNotWritten() throws IOException {
        Path file = keyFile(RFC_PEM);

        Ed25519Signer loaded = Ed25519Signer.loadOrCreate(file);

        assertThat(hex(loaded.publicKey())).startsWith("3d4017c3");
        assertThat(file).hasContent(RFC_PEM);
    }

    @Test
    void loadOrCreate_malformedFile_isRefusedAndKept() throws IOException {
        Path file = keyFile("precious but broken");

        assertThatExceptionOfType(KeyFileException.class).isThrownBy(() -> Ed25519Signer.loadOrCreate(file));

        assertThat(file).hasContent("precious but broken");
    }

    @Test
    void loadOrCreate_manyAtOnce_allGetTheSameKey() throws Exception {
        Path file = directory.resolve("shared/key.pem");
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            Callable<String> start = () -> Ed25519Signer.loadOrCreate(file).keyId();
            List<Future<String>> ids = threads.invokeAll(Collections.nCopies(32, start));

            Set<String> distinct = new HashSet<>();
            for (Future<String> id : ids) {
                distinct.add(id.get());
            }
            assertThat(distinct).containsExactly(Ed25519Signer.load(file).keyId());
            assertThat(names(file.getParent())).containsExactly("key.pem");
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void loadOrCreate_withAnchors_anchorsTheKeyItMakes() {
        Path file = directory.resolve("key.pem");
        Path anchors = directory.resolve("anchors.json");

        Ed25519Signer made = Ed25519Signer.loadOrCreate(file, anchors);

        assertThat(Anchors.load(anchors).keys()).containsExactly(made.verificationKey());
    }

    @Test
    void loadOrCreate_withAnchors_neverAnchorsAKeyItFinds() throws IOException {
        Path file = keyFile(RFC_PEM);
        Path anchors = directory.resolve("anchors.json");

        Ed25519Signer.loadOrCreate(file, anchors);

        assertThat(anchors).doesNotExist();
    }

    @Test
    void loadOrCreate_anchorsCannotBeWritten_makesNoKey() throws IOException {
        Path file = directory.resolve("key.pem");
        Path anchors = Files.createDirectory(directory.resolve("anchors.json"));

        assertThatExceptionOfType(AnchorsException.class).isThrownBy(() -> Ed25519Signer.loadOrCreate(file, anchors));

        assertThat(file).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-r-----", "rw----r--", "rw--w----", "rwxrwxrwx"})
    void load_accessibleToOthers_isRefusedWithTheRemedy(String permissions) throws IOException {
        Path file = keyFile(RFC_PEM);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
        String mode = Map.of("rw-r-----", "0640", "rw----r--", "0604", "rw--w----", "0620", "rwxrwxrwx", "0777")
                .get(permissions);

        assertThatExceptionOfType(KeyFileException.class)
                .isThrownBy(() -> Ed25519Signer.load(file))
                .withMessage("Key file " + file + " has mode " + mode
                        + ": a private key must be accessible to its owner only. Run: chmod 600 " + file);
    }

    @Test
    void load_missing_saysHowToMakeOne() {
        Path file = directory.resolve("none.pem");

        assertThatExceptionOfType(KeyFileException.class)
                .isThrownBy(() -> Ed25519Signer.load(file))
                .withMessage("Key file " + file
                        + " does not exist. Make one with: openssl genpkey -algorithm ed25519 -out " + file);
    }

    @Test
    void load_directory_isRefused() {
        assertThatExceptionOfType(KeyFileException.class)
                .isThrownBy(() -> Ed25519Signer.load(directory))
                .withMessage("Key file " + directory + " is a directory. Name the PEM file itself.");
    }

    @Test
    void load_linkToAPrivateFile_isFollowed() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link.pem"), keyFile(RFC_PEM));

        assertThat(hex(Ed25519Signer.load(link).publicKey())).startsWith("3d4017c3");
    }

    @Test
    void loadOrCreate_danglingLink_isRefusedAndNothingIsMade() throws IOException {
        Path target = directory.resolve("elsewhere.pem");
        Path link = Files.createSymbolicLink(directory.resolve("link.pem"), target);

        assertThatExceptionOfType(KeyFileException.class)
                .isThrownBy(() -> Ed25519Signer.loadOrCreate(link))
                .withMessage("Key file " + link + " is a link to " + target
                        + ", which does not exist. Correct the link or remove it.");
        assertThat(target).doesNotExist();
    }

    @Test
    void load_rsaKey_namesTheAlgorithm() throws IOException {
        Path file = keyFile(pem("3010020100300d06092a864886f70d0101010500" + "0400"));

        assertThatExceptionOfType(KeyFileException.class)
                .isThrownBy(() -> Ed25519Signer.load(file))
                .withMessageStartingWith("Key file " + file + " holds ");
    }

    @Test
    void load_x25519Key_namesTheAlgorithm() throws IOException {
        Path file = keyFile(pem("302e020100300506032b656e042204204ccd089b28ff96da9db6c346ec114e0f"
                + "5b8a319f35aba624da8cf6ed4fb8a6fb"));

        assertThatExceptionOfType(KeyFileException.class)
                .isThrownBy(() -> Ed25519Signer.load(file))
                .withMessage(
                        "Key file " + file + " holds a key of algorithm 1.3.101.110: Ed25519 (1.3.101.112) is needed."
                                + " Make one with: openssl genpkey -algorithm ed25519");
    }

    @Test
    void load_publicKey_isRefused() throws IOException {
        Path file = keyFile("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n");

        assertThatExceptionOfType(KeyFileException.class)
                .isThrownBy(() -> Ed25519Signer.load(file))
                .withMessage("Key file " + file + " holds 'PUBLIC KEY': unencrypted PKCS#8 'PRIVATE KEY' is read."
                        + " Convert it with: openssl pkcs8 -topk8 -nocrypt -in " + file);
    }

    @Test
    void load_twoKeys_isRefused() throws IOException {
        Path file = keyFile(RFC_PEM + RFC_PEM);

        assertThatExceptionOfType(KeyFileException.class)
                .isThrownBy(() -> Ed25519Signer.load(file))
                .withMessage("Key file " + file + " holds several PEM blocks: one private key is expected. Split it.");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no pem at all",
                "-----BEGIN PRIVATE KEY-----\n",
                "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEzNCJso\n-----END PRIVATE KEY-----\n",
                "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"
            })
    void load_malformed_isRefusedWithoutShowingContent(String content) throws IOException {
        Path file = keyFile(content);

        assertThatExceptionOfType(KeyFileException.class)
                .isThrownBy(() -> Ed25519Signer.load(file))
                .withMessageStartingWith("Key file " + file + " holds ")
                .withMessageNotContaining("MC4C");
    }

    @Test
    void load_hugeFile_isNotRead() throws IOException {
        Path file = keyFile("x".repeat(20_000));

        assertThatExceptionOfType(KeyFileException.class)
                .isThrownBy(() -> Ed25519Signer.load(file))
                .withMessage(
                        "Key file " + file + " has 20000 bytes: a PEM key has a few hundred. Name the key itself.");
    }

    @Test
    void loadOrCreate_madeFile_isReadByOpenssl() throws Exception {
        Path file = directory.resolve("key.pem");
        Ed25519Signer made = Ed25519Signer.loadOrCreate(file);

        Process openssl = new ProcessBuilder("openssl", "pkey", "-in", file.toString(), "-pubout", "-outform", "DER")
                .redirectErrorStream(true)
                .start();

        byte[] der = openssl.getInputStream().readAllBytes();
        assertThat(openssl.waitFor()).isZero();
        assertThat(hex(der)).isEqualTo("302a300506032b6570032100" + hex(made.publicKey()));
    }

    @Test
    void verificationKey_wrongIdOrBytes_isRefused() {
        byte[] bytes = Ed25519Signer.generate().publicKey();
        String id = VerificationKey.ed25519(bytes).id();

        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new VerificationKey("ed25519:00", "Ed25519", bytes))
                .withMessage("Key 'ed25519:00' is named wrongly: these bytes are '" + id + "'. Use that id.");
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new VerificationKey("x", "Ed25519", new byte[31]))
                .withMessage("Key 'x' holds 31 bytes that are no Ed25519 public key:"
                        + " 32 bytes that encode a curve point are. Copy it whole.");
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> new VerificationKey("x", "Ed448", bytes))
                .withMessage("Key 'x' has algorithm 'Ed448': only Ed25519 and P-256 are verified here."
                        + " Use a version that knows it.");
    }

    @Test
    void verificationKey_pointOfSmallOrder_isRefused() {
        // The identity: every signature with R = S·B would verify under it.
        byte[] identity = new byte[32];
        identity[0] = 1;

        assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> VerificationKey.ed25519(identity));
    }

    private Path keyFile(String content) throws IOException {
        Path file = directory.resolve("key.pem");
        Files.writeString(file, content);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }

    private static String pem(String derHex) {
        String body = Base64.getEncoder().encodeToString(HexFormat.of().parseHex(derHex));
        return "-----BEGIN PRIVATE KEY-----\n" + body + "\n-----END PRIVATE KEY-----\n";
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static String mode(Path file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    private static List<String> names(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }
}
