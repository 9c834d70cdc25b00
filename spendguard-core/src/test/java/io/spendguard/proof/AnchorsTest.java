package io.spendguard.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnchorsTest {
    private static final VerificationKey KEY = VerificationKey.ed25519(
            HexFormat.of().parseHex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"));
    private static final String TEXT = "{\"format\":\"spendguard.anchors.v1\",\"keys\":[{\"algorithm\":\"Ed25519\","
            + "\"id\":\"ed25519:39f713d0a644253f04529421b9f51b9b08979d08295959c4f3990ee617f5139f\","
            + "\"publicKey\":\"PUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\"}]}";

    @TempDir
    Path directory;

    @Test
    void write_oneKey_isTheDocumentedText() throws IOException {
        Path file = directory.resolve("made/anchors.json");

        Anchors.of(KEY).write(file);

        assertThat(file).hasContent(TEXT);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-r--r--");
    }

    @Test
    void load_writtenFile_findsItsKeys() throws IOException {
        Path file = Files.writeString(directory.resolve("anchors.json"), TEXT);

        Anchors anchors = Anchors.load(file);

        assertThat(anchors.keys()).containsExactly(KEY);
        assertThat(anchors.find(KEY.id())).contains(KEY);
        assertThat(anchors.find("ed25519:00")).isEmpty();
    }

    @Test
    void add_newKey_keepsTheOthers() {
        Path file = directory.resolve("anchors.json");
        VerificationKey second = Ed25519Signer.generate().verificationKey();

        Anchors.add(file, KEY);
        Anchors.add(file, second);
        Anchors.add(file, KEY);

        assertThat(Anchors.load(file).keys()).containsExactly(KEY, second);
    }

    @Test
    void revoke_writtenAndLoaded_keepsTheEarliestPosition() throws IOException {
        Path file = directory.resolve("anchors.json");

        Anchors.of(KEY)
                .revoke(KEY.id(), 9)
                .revoke(KEY.id(), 7)
                .revoke(KEY.id(), 8)
                .write(file);

        assertThat(file)
                .hasContent(TEXT.substring(0, TEXT.length() - 1) + ",\"revocations\":[{\"key\":\"" + KEY.id()
                        + "\",\"size\":7}]}");
        Anchors loaded = Anchors.load(file)
                .with(Ed25519Signer.generate().verificationKey())
                .with(new Checkpoint("log", 9, Digest.sha256(new byte[0])));
        assertThat(loaded.revokedAt(KEY.id())).hasValue(7);
        assertThat(loaded.revokedAt("other")).isEmpty();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> loaded.revoke("k", -1))
                .withMessage("Revocation of key 'k' at -1 heads: a log has none or more. Give its size.");
    }

    @Test
    void adopt_keyThatAnAnchoredOneNamed_isTrustedBesideIt() {
        P256Signer old = P256Signer.generate();
        VerificationKey next = Ed25519Signer.generate().verificationKey();
        KeySuccession statement =
                KeySuccession.parse(KeySuccession.of(old, next).toBytes());

        assertThat(Anchors.of(old.verificationKey()).adopt(statement).keys())
                .containsExactly(old.verificationKey(), next);
    }

    @Test
    void adopt_keyOfAnUnknownRevokedOrLyingPredecessor_isRefused() {
        P256Signer old = P256Signer.generate();
        VerificationKey next = Ed25519Signer.generate().verificationKey();
        KeySuccession genuine = KeySuccession.of(old, next);
        KeySuccession forged = new KeySuccession(KEY, old.keyId(), genuine.signature());

        assertThatExceptionOfType(AnchorsException.class)
                .isThrownBy(() -> Anchors.of(KEY).adopt(genuine))
                .withMessage("Key '" + next.id() + "' follows '" + old.keyId()
                        + "', which these anchors do not hold: it proves nothing. Get the key from its owner.");
        assertThatExceptionOfType(AnchorsException.class)
                .isThrownBy(() -> Anchors.of(old.verificationKey())
                        .revoke(old.keyId(), 100)
                        .adopt(genuine))
                .withMessage("Key '" + next.id() + "' follows '" + old.keyId()
                        + "', which was revoked: whoever stole it could have said so. Get the key from its owner.");
        assertThatExceptionOfType(AnchorsException.class)
                .isThrownBy(() -> Anchors.of(old.verificationKey()).adopt(forged))
                .withMessage("The statement that key '" + KEY.id() + "' follows '" + old.keyId()
                        + "' is not what that key signed. Get it from its owner once more.");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KeySuccession.of(old, old.verificationKey()))
                .withMessage("Key '" + old.keyId() + "' cannot follow itself. Name another file for the new key.");
        assertThatExceptionOfType(JsonException.class)
                .isThrownBy(() -> KeySuccession.parse(
                        JsonObject.parse(genuine.toBytes()).put("more", "x").toCanonicalBytes()))
                .withMessage("The statement is not canonical, or has members it should not have.");
    }

    @Test
    void add_malformedFile_isRefusedAndKept() throws IOException {
        Path file = Files.writeString(directory.resolve("anchors.json"), "{}");

        assertThatExceptionOfType(AnchorsException.class)
                .isThrownBy(() -> Anchors.add(file, KEY))
                .withMessage(
                        "Anchors file " + file + " is malformed: Member 'format' is missing: a string is expected.");
        assertThat(file).hasContent("{}");
    }

    @Test
    void load_missing_saysWhereToTakeItFrom() {
        Path file = directory.resolve("none.json");

        assertThatExceptionOfType(AnchorsException.class)
                .isThrownBy(() -> Anchors.load(file))
                .withMessage("Anchors file " + file
                        + " does not exist. Take it from where the key was made, not from the evidence.");
    }

    @Test
    void load_directory_isRefused() {
        assertThatExceptionOfType(AnchorsException.class)
                .isThrownBy(() -> Anchors.load(directory))
                .withMessage("Anchors file " + directory + " is a directory. Name the file itself.");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '\0', textBlock = """
                    {"format":"spendguard.anchors.v9","keys":[]} | has format 'spendguard.anchors.v9': only spendguard.anchors.v1 is read. Use a version that knows it.
                    {"format":"spendguard.anchors.v1"} | is malformed: Member 'keys' is missing: a list is expected.
                    {"format":"spendguard.anchors.v1","keys":[{"id":"x","algorithm":"Ed25519","publicKey":"AA=="}]} | holds a bad key: Key 'x' holds 1 bytes that are no Ed25519 public key: 32 bytes that encode a curve point are. Copy it whole.
                    nonsense | is malformed: Document is not strict JSON at character 0: Unrecognized token: was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false').
                    """)
    void load_malformed_namesFileAndFault(String content, String fault) throws IOException {
        Path file = Files.writeString(directory.resolve("anchors.json"), content);

        assertThatExceptionOfType(AnchorsException.class)
                .isThrownBy(() -> Anchors.load(file))
                .withMessage("Anchors file " + file + " " + fault);
    }

    @Test
    void load_misspeltRevocations_areNotPassedOver() throws IOException {
        Path file = Files.writeString(
                directory.resolve("anchors.json"),
                TEXT.substring(0, TEXT.length() - 1) + ",\"revocation\":[{\"key\":\"" + KEY.id() + "\",\"size\":0}]}");

        assertThatExceptionOfType(AnchorsException.class)
                .isThrownBy(() -> Anchors.load(file))
                .withMessage("Anchors file " + file + " has a member 'revocation', which is none of [format, keys, log,"
                        + " witnesses, revocations]. Correct its name, or remove it.");
    }

    @Test
    void load_keyNamedTwice_isRefused() throws IOException {
        String key = TEXT.substring(TEXT.indexOf("[{") + 1, TEXT.indexOf("}]") + 1);
        Path file = Files.writeString(
                directory.resolve("anchors.json"),
                "{\"format\":\"spendguard.anchors.v1\",\"keys\":[" + key + "," + key + "]}");

        assertThatExceptionOfType(AnchorsException.class)
                .isThrownBy(() -> Anchors.load(file))
                .withMessage("Anchors file " + file + " names a key twice. Remove one of them.");
    }
}
