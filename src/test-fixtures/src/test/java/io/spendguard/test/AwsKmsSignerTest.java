package io.spendguard.test;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.spendguard.model.Digest;
import io.spendguard.proof.AwsKmsSigner;
import io.spendguard.proof.Checkpoint;
import io.spendguard.proof.NoteKey;
import io.spendguard.proof.SignedNote;
import io.spendguard.proof.SigningException;
import io.spendguard.proof.SigningException.Kind;
import io.spendguard.test.KmsStandIn.Fault;
import java.io.File;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The SDK against a service that really signs, with another provider than ours, and really fails. */
class AwsKmsSignerTest {
    private static final byte[] MESSAGE = "message".getBytes(UTF_8);

    private final KmsStandIn kms = KmsStandIn.start();

    @AfterEach
    void close() {
        kms.close();
    }

    @Test
    void sign_anyLength_verifiesUnderThePublishedKey() {
        try (AwsKmsSigner signer = open("alias/spendguard")) {
            assertThat(signer.arn()).isEqualTo(kms.arn());
            assertThat(signer.keyId())
                    .isEqualTo("p-256:" + Digest.sha256(signer.publicKey()).hex());
            for (int i = 0; i < 12; i++) { // half of the service's signatures have the larger s
                byte[] message = new byte[i * 1_000];
                assertThat(signer.verificationKey().verify(message, signer.sign(message)))
                        .as("%d bytes", message.length)
                        .isTrue();
            }
        }
    }

    @Test
    void sign_aCheckpoint_isANoteOfTheLog() {
        Checkpoint checkpoint = new Checkpoint("example.com/log", 7, Digest.sha256(MESSAGE));
        try (AwsKmsSigner signer = open(kms.arn())) {
            SignedNote note = SignedNote.of(checkpoint.text()).signedBy("example.com/log", signer);

            assertThat(SignedNote.parse(note.toBytes())
                            .isSignedBy(NoteKey.of("example.com/log", signer.verificationKey())))
                    .isTrue();
        }
    }

    @Test
    void sign_throttledFailingOrSilentForAWhile_isTriedAgain() {
        warmUp();
        try (AwsKmsSigner signer = impatient(4)) {
            kms.failWith(Fault.THROTTLED, Fault.INTERNAL, Fault.SILENT);

            assertThat(signer.verificationKey().verify(MESSAGE, signer.sign(MESSAGE)))
                    .isTrue();
        }

        assertThat(signCalls()).isEqualTo(4);
    }

    @Test
    void sign_throttledFailingOrSilentForGood_isUnavailableAfterTheLastAttempt() {
        warmUp();
        for (Fault fault : new Fault[] {Fault.THROTTLED, Fault.INTERNAL, Fault.SILENT}) {
            long before = signCalls();
            try (AwsKmsSigner signer = impatient(2)) {
                kms.failWith(fault, fault);

                SigningException failure = catchThrowableOfType(SigningException.class, () -> signer.sign(MESSAGE));

                assertThat(failure.kind()).as(fault.name()).isEqualTo(Kind.UNAVAILABLE);
                assertThat(failure)
                        .hasMessageStartingWith("KMS key '" + kms.arn() + "' did not sign: ")
                        .hasMessageEndingWith(". Check region, credentials and network, or try again later.");
            }
            assertThat(signCalls() - before).as(fault.name()).isEqualTo(2);
        }
    }

    @Test
    void sign_serviceGone_isUnavailable() {
        try (AwsKmsSigner signer = open(kms.arn())) {
            kms.close();

            assertThat(catchThrowableOfType(SigningException.class, () -> signer.sign(MESSAGE))
                            .kind())
                    .isEqualTo(Kind.UNAVAILABLE);
        }
    }

    @Test
    void sign_deniedOrDisabled_isRefusedAndNotTriedAgain() {
        try (AwsKmsSigner signer = open(kms.arn())) {
            kms.failWith(Fault.DENIED);
            assertThat(catchThrowableOfType(SigningException.class, () -> signer.sign(MESSAGE)))
                    .hasMessageContaining("AccessDeniedException")
                    .hasMessageEndingWith(
                            ". Check key, region and permissions (kms:Sign, kms:GetPublicKey, kms:DescribeKey).")
                    .extracting(SigningException::kind)
                    .isEqualTo(Kind.REFUSED);
            for (String state : List.of("Disabled", "PendingDeletion")) {
                kms.state(state);
                assertThat(catchThrowableOfType(SigningException.class, () -> signer.sign(MESSAGE))
                                .kind())
                        .as(state)
                        .isEqualTo(Kind.REFUSED);
            }
        }

        assertThat(kms.calls()).containsExactly("DescribeKey", "GetPublicKey", "Sign", "Sign", "Sign");
    }

    @Test
    void sign_whatDoesNotVerify_isNeverHandedOut() {
        try (AwsKmsSigner signer = open(kms.arn())) {
            for (Fault fault : new Fault[] {Fault.OTHER_KEY, Fault.HASHED_AGAIN, Fault.GARBLED}) {
                kms.failWith(fault);

                assertThat(catchThrowableOfType(SigningException.class, () -> signer.sign(MESSAGE)))
                        .as(fault.name())
                        .hasMessage("KMS key '" + kms.arn()
                                + "' answered a signature that does not verify under its own"
                                + " public key: it is not used. Check what stands between here and the service.")
                        .extracting(SigningException::kind)
                        .isEqualTo(Kind.UNVERIFIABLE);
            }
            kms.failWith(Fault.OTHER_ARN);
            assertThatThrownBy(() -> signer.sign(MESSAGE))
                    .isInstanceOf(SigningException.class)
                    .hasMessage("KMS answered for key '" + kms.arn() + "0' where '" + kms.arn()
                            + "' was asked to sign: another key proves nothing. Check the endpoint.");
        }
    }

    @Test
    void open_keyThatCannotSignAsNeeded_isRefused() {
        assertThat(catchThrowableOfType(SigningException.class, () -> open("alias/unknown")))
                .hasMessageStartingWith("KMS key 'alias/unknown' cannot be read: ")
                .extracting(SigningException::kind)
                .isEqualTo(Kind.REFUSED);
        kms.spec("ECC_NIST_P384");
        assertThat(catchThrowableOfType(SigningException.class, () -> open(kms.arn())))
                .hasMessage("KMS key '" + kms.arn()
                        + "' is of spec ECC_NIST_P384 for SIGN_VERIFY: ECC_NIST_P256 for SIGN_VERIFY is needed. Create one"
                        + " of these.")
                .extracting(SigningException::kind)
                .isEqualTo(Kind.UNSUITABLE);
        kms.state("Disabled");
        assertThatThrownBy(() -> open(kms.arn()))
                .isInstanceOf(SigningException.class)
                .hasMessage("KMS key '" + kms.arn() + "' is Disabled: only an enabled key signs. Enable it.");
    }

    @Test
    void builder_attemptsWithoutBound_areRefused() {
        assertThatThrownBy(() -> AwsKmsSigner.of("k").attempts(21))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("KMS attempts 21 are not between 1 and 20. Give a number in that range.");
        assertThatThrownBy(() -> AwsKmsSigner.of("k").attemptTimeout(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("KMS attempt timeout PT0S is not positive. Give a time, such as PT5S.");
    }

    @Test
    void open_withoutTheSdkOnTheClassPath_saysWhatToAddAndOtherSignersWork() throws Exception {
        List<URL> without = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            if (!entry.contains("awssdk")) {
                without.add(Path.of(entry).toUri().toURL());
            }
        }
        try (URLClassLoader loader =
                new URLClassLoader(without.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
            Class<?> local = loader.loadClass("io.spendguard.proof.Ed25519Signer");
            Object builder = loader.loadClass(AwsKmsSigner.class.getName())
                    .getMethod("of", String.class)
                    .invoke(null, "alias/spendguard");

            assertThat(local.getMethod("generate").invoke(null)).isNotNull();
            assertThatThrownBy(() -> builder.getClass().getMethod("open").invoke(builder))
                    .isInstanceOf(InvocationTargetException.class)
                    .cause()
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("AwsKmsSigner needs the AWS SDK, which is optional and not on the class path. Add"
                            + " software.amazon.awssdk:kms and software.amazon.awssdk:url-connection-client.");
        }
    }

    /** The SDK's first call loads much; it must not look like a service that is silent. */
    private void warmUp() {
        open(kms.arn()).close();
    }

    private AwsKmsSigner open(String key) {
        return builder(key).attempts(4).attemptTimeout(Duration.ofSeconds(30)).open();
    }

    private AwsKmsSigner impatient(int attempts) {
        return builder(kms.arn())
                .attempts(attempts)
                .attemptTimeout(Duration.ofSeconds(2))
                .open();
    }

    private AwsKmsSigner.Builder builder(String key) {
        return AwsKmsSigner.of(key)
                .region("eu-central-1")
                .endpoint(kms.endpoint())
                .credentials("AKIDEXAMPLE", "secret");
    }

    private long signCalls() {
        return kms.calls().stream().filter("Sign"::equals).count();
    }
}
