package io.spendguard.proof;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class CertifiedSignerTest {
    private static final Instant START = Instant.parse("2026-11-23T12:00:00.750Z");
    private static final byte[] MESSAGE = "message".getBytes(UTF_8);

    private final Root root = new Root();
    private final Hands clock = new Hands();

    @Test
    void open_localKey_isCertifiedForADayFromAMinuteBefore() {
        try (CertifiedSigner signer = CertifiedSigner.by(root).tenants("b", "a").open(clock)) {
            KeyCertificate certificate = signer.certificate().orElseThrow();

            assertThat(certificate.key()).isEqualTo(signer.verificationKey());
            assertThat(certificate.tenants()).containsExactly("a", "b");
            assertThat(certificate.notBefore()).isEqualTo("2026-11-23T11:59:00Z");
            assertThat(certificate.notAfter()).isEqualTo("2026-11-24T11:59:00Z");
            assertThat(certificate.isSignedBy(root.verificationKey())).isTrue();
            assertThat(certificate.isSignedBy(P256Signer.generate().verificationKey()))
                    .isFalse();
            assertThat(certificate.covers("a")).isTrue();
            assertThat(certificate.covers("c")).isFalse();
            assertThat(signer.verificationKey().verify(MESSAGE, signer.sign(MESSAGE)))
                    .isTrue();
        }
    }

    @Test
    void sign_manyMessages_neverAsksTheRoot() {
        try (CertifiedSigner signer = CertifiedSigner.by(root).open(clock)) {
            for (int i = 0; i < 100; i++) {
                signer.sign(MESSAGE);
            }
        }

        assertThat(root.asked).hasValue(1);
    }

    @Test
    void renewIfDue_fromHalfTheValidityOn_givesANewCertificateOfTheSameKey() {
        try (CertifiedSigner signer =
                CertifiedSigner.by(root).validity(Duration.ofHours(2)).open(clock)) {
            KeyCertificate first = signer.certificate().orElseThrow();
            clock.now = Instant.parse("2026-11-23T12:58:59Z");
            assertThat(signer.renewIfDue()).isFalse();
            clock.now = Instant.parse("2026-11-23T12:59:00Z");
            assertThat(signer.renewIfDue()).isTrue();

            KeyCertificate second = signer.certificate().orElseThrow();
            assertThat(second.key()).isEqualTo(first.key());
            assertThat(second.notAfter()).isEqualTo("2026-11-23T14:58:00Z");
            assertThat(signer.renewIfDue()).isFalse();
        }
    }

    @Test
    void sign_clockSetBackBeforeTheCertificate_failsUntilItIsRenewed() {
        try (CertifiedSigner signer = CertifiedSigner.by(root).open(clock)) {
            clock.now = Instant.parse("2026-11-23T11:59:00Z");
            signer.sign(MESSAGE);
            clock.now = Instant.parse("2026-11-23T11:58:59.999Z");

            assertThatThrownBy(() -> signer.sign(MESSAGE))
                    .isInstanceOf(SigningException.class)
                    .hasMessageEndingWith("begins at 2026-11-23T11:59:00Z, and the clock was set back to"
                            + " 2026-11-23T11:58:59.999Z. Set it right; the root is asked again by itself.");

            assertThat(signer.renewIfDue()).isTrue();
            signer.sign(MESSAGE);
        }
    }

    @Test
    void sign_rootAway_goesOnUntilTheCertificateEndsAndThenFails() {
        try (CertifiedSigner signer = CertifiedSigner.by(root).open(clock)) {
            root.isAway = true;
            clock.now = Instant.parse("2026-11-24T11:57:59.999Z");
            assertThatThrownBy(signer::renewIfDue).isInstanceOf(SigningException.class);
            assertThat(signer.verificationKey().verify(MESSAGE, signer.sign(MESSAGE)))
                    .isTrue();

            clock.now = Instant.parse("2026-11-24T11:58:00Z");
            assertThat(catchThrowableOfType(SigningException.class, () -> signer.sign(MESSAGE)))
                    .hasMessage("Key '" + signer.keyId() + "' does not sign: its certificate by root '" + root.keyId()
                            + "' ends at 2026-11-24T11:59:00Z and could not be renewed. Bring the root back; it is asked"
                            + " again by itself.")
                    .extracting(SigningException::kind)
                    .isEqualTo(SigningException.Kind.UNAVAILABLE);

            root.isAway = false;
            assertThat(signer.renewIfDue()).isTrue();
            assertThat(signer.sign(MESSAGE)).hasSize(64);
        }
    }

    @Test
    void background_rootAwayAndBack_renewsByItself() throws InterruptedException {
        try (CertifiedSigner signer =
                CertifiedSigner.by(root).lookEvery(Duration.ofMillis(1)).open(clock)) {
            KeyCertificate first = signer.certificate().orElseThrow();
            root.refusals = new CountDownLatch(2);
            root.isAway = true;
            clock.now = START.plus(Duration.ofHours(13));
            assertThat(root.refusals.await(10, TimeUnit.SECONDS)).isTrue();
            root.signatures = new CountDownLatch(1);
            root.isAway = false;
            assertThat(root.signatures.await(10, TimeUnit.SECONDS)).isTrue();

            // Whoever asks now waits until the background is done with it.
            assertThat(signer.renewIfDue()).isFalse();
            assertThat(signer.certificate().orElseThrow()).isNotEqualTo(first);
        }
    }

    @Test
    void issue_longerThanADayOrByItself_isRefused() {
        Ed25519Signer local = Ed25519Signer.generate();

        assertThatThrownBy(() -> KeyCertificate.issue(
                        root,
                        local.verificationKey(),
                        List.of(),
                        START,
                        Duration.ofHours(24).plusSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "Certificate of key '" + local.keyId()
                                + "' is valid for PT24H1S: more than nothing and at most PT24H are allowed. Renew it more often.");
        assertThatThrownBy(() ->
                        KeyCertificate.issue(local, local.verificationKey(), List.of(), START, Duration.ofHours(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Certificate of key '" + local.keyId()
                        + "' is issued by that key itself: only another key's word counts. Name the root.");
    }

    @Test
    void validity_shorterThanClocksMayDiffer_isRefused() {
        assertThatThrownBy(() ->
                        CertifiedSigner.by(root).validity(Duration.ofMinutes(4).minusSeconds(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("Certificate validity PT3M59S is shorter than PT4M, in which clocks may differ by PT1M."
                        + " Give more.");
    }

    @Test
    void parse_whatWasWritten_isTheSameAndAnyOtherMemberIsRefused() {
        KeyCertificate certificate = KeyCertificate.issue(
                root, Ed25519Signer.generate().verificationKey(), List.of("t"), START, Duration.ofHours(1));

        assertThat(KeyCertificate.parse(certificate.toJson())).isEqualTo(certificate);
        assertThatThrownBy(() -> KeyCertificate.parse(certificate.toJson().put("more", "x")))
                .isInstanceOf(JsonException.class)
                .hasMessage("A certificate is not canonical, or has members it should not have.");
    }

    @Test
    void isSignedBy_anyMemberChanged_isFalse() {
        KeyCertificate genuine = KeyCertificate.issue(
                root, Ed25519Signer.generate().verificationKey(), List.of("t"), START, Duration.ofHours(1));
        String text = genuine.toJson().toString();

        for (String changed : List.of(
                text.replace("12:00:00Z", "12:00:01Z"),
                text.replace("13:00:00Z", "13:00:01Z"),
                text.replace("\"tenants\":[\"t\"]", "\"tenants\":[\"u\"]"),
                text.replace(",\"tenants\":[\"t\"]", ""))) {
            assertThat(changed).isNotEqualTo(text);
            assertThat(KeyCertificate.parse(JsonObject.parse(changed.getBytes(UTF_8)))
                            .isSignedBy(root.verificationKey()))
                    .as(changed)
                    .isFalse();
        }
    }

    /** A root that can be away. */
    private static final class Root implements Signer {
        private final P256Signer key = P256Signer.generate();
        private volatile boolean isAway;
        private final AtomicInteger asked = new AtomicInteger();
        private volatile CountDownLatch refusals = new CountDownLatch(0);
        private volatile CountDownLatch signatures = new CountDownLatch(0);

        @Override
        public String keyId() {
            return key.keyId();
        }

        @Override
        public String algorithm() {
            return key.algorithm();
        }

        @Override
        public byte[] publicKey() {
            return key.publicKey();
        }

        @Override
        public synchronized byte[] sign(byte[] message) {
            asked.incrementAndGet();
            if (isAway) {
                refusals.countDown();
                throw new SigningException(SigningException.Kind.UNAVAILABLE, "Root is away.", null);
            }
            signatures.countDown();
            return key.sign(message);
        }
    }

    /** A clock that stands still until it is set. */
    private static final class Hands extends Clock {
        private volatile Instant now = START;

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return now;
        }
    }
}
