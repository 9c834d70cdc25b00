package io.spendguard.proof;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.model.Digest;
import java.time.Instant;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Notes as other tools write them, and checkpoints under signatures of logs and witnesses. */
class SignedNoteTest {
    /** From the documentation of Go's package note. */
    private static final String GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

    private static final String GO_NOTE = """
            If you think cryptography is the answer to your problem,
            then you don't know what your problem is.

            — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=
            """;

    private static final Instant SEEN = Instant.parse("2026-11-23T12:00:00Z");
    private static final Checkpoint CHECKPOINT =
            new Checkpoint("example.com/log", 42, Digest.sha256("root".getBytes(UTF_8)));

    @Test
    void parse_aNoteThatGoSigned_isSignedByItsKey() {
        SignedNote note = SignedNote.parse(GO_NOTE.getBytes(UTF_8));

        assertThat(note.isSignedBy(NoteKey.parse(GO_KEY))).isTrue();
        assertThat(new String(note.toBytes(), UTF_8)).isEqualTo(GO_NOTE);
        assertThat(NoteKey.parse(GO_KEY)).hasToString(GO_KEY);
    }

    @Test
    void parse_aChangedText_isNotSigned() {
        SignedNote note = SignedNote.parse(GO_NOTE.replace("answer", "Answer").getBytes(UTF_8));

        assertThat(note.isSignedBy(NoteKey.parse(GO_KEY))).isFalse();
    }

    @Test
    void signedBy_eitherAlgorithm_isReadAgain() {
        Signer edwards = Ed25519Signer.generate();
        Signer p256 = P256Signer.generate();
        SignedNote note = SignedNote.of(CHECKPOINT.text())
                .signedBy("example.com/log", edwards)
                .signedBy("example.com/log", p256);

        SignedNote read = SignedNote.parse(note.toBytes());

        assertThat(read).isEqualTo(note);
        assertThat(Checkpoint.parse(read.text())).isEqualTo(CHECKPOINT);
        assertThat(read.isSignedBy(NoteKey.of("example.com/log", edwards.verificationKey())))
                .isTrue();
        assertThat(read.isSignedBy(NoteKey.of("example.com/log", p256.verificationKey())))
                .isTrue();
        assertThat(read.isSignedBy(NoteKey.of("example.com/other", edwards.verificationKey())))
                .isFalse();
        NoteKey shared = NoteKey.of("example.com/log", p256.verificationKey());
        assertThat(NoteKey.parse(shared.toString())).isEqualTo(shared);
    }

    @Test
    void cosignedBy_aWitness_tellsWhenItSawTheCheckpoint() {
        Signer witness = Ed25519Signer.generate();
        SignedNote note = SignedNote.of(CHECKPOINT.text())
                .signedBy("example.com/log", Ed25519Signer.generate())
                .cosignedBy("witness.example/w1", witness, SEEN);
        NoteKey key = NoteKey.witness("witness.example/w1", witness.verificationKey());

        assertThat(SignedNote.parse(note.toBytes()).cosignedAt(key)).contains(SEEN);
        assertThat(note.cosignedAt(NoteKey.witness("witness.example/w2", witness.verificationKey())))
                .isEmpty();
        assertThat(note.cosignedAt(NoteKey.of("witness.example/w1", witness.verificationKey())))
                .isEmpty();
    }

    @Test
    void isSignedBy_oneOfTwoLinesOfAKeyBad_isFalse() {
        Signer signer = Ed25519Signer.generate();
        NoteKey key = NoteKey.of("example.com/log", signer.verificationKey());
        SignedNote note = SignedNote.of(CHECKPOINT.text())
                .signedBy("example.com/log", signer)
                .with(new SignedNote.Signature("example.com/log", key.id(), new byte[64]));

        assertThat(note.isSignedBy(key)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "no signature\n",
                "text\n\n",
                "text\n\n- name AAAAAAA=\n",
                "text\n\n\u2014 name AAAA\n",
                "text\n\n\u2014 na+me AAAAAAA=\n",
                "text\n\n\u2014 name AAAAAAA=",
                "te\rxt\n\n\u2014 name AAAAAAA=\n",
                "text\n\n\u2014 name AAAAAAA=\n\u2014 name !\n"
            })
    void parse_notANote_isRefused(String note) {
        assertThatThrownBy(() -> SignedNote.parse(note.getBytes(UTF_8))).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "o\n1\n",
                "o\n01\nR\n",
                "o\n-1\nR\n",
                "\n1\nR\n",
                "o\n1\nR\nextension\n",
                "o\n1\nAAAA\n",
                "o\n1\nR"
            })
    void parse_notACheckpoint_isRefused(String text) {
        String root = Base64.getEncoder().encodeToString(new byte[32]);

        assertThatThrownBy(() -> Checkpoint.parse(text.replace("R", root)))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(Checkpoint.parse("o\n1\n" + root + "\n").size()).isEqualTo(1);
    }

    @Test
    void noteKey_withAnothersId_isRefused() {
        assertThatThrownBy(() -> NoteKey.parse(GO_KEY.replace("c74f20a3", "c74f20a4")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has another id than its name and key give");
    }
}
