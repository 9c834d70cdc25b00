package io.spendguard.proof;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.bouncycastle.util.BigIntegers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** P-256 by RFC 6979's vectors, and keys that openssl wrote, also encrypted ones. */
class P256SignerTest {
    /** RFC 6979 §A.2.5. */
    private static final String RFC_KEY = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";

    private static final String RFC_R = "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716";

    @TempDir
    Path directory;

    @Test
    void sign_rfc6979Key_givesTheRfcsRAndTheSmallerS() throws IOException {
        P256Signer signer = P256Signer.load(file("""
                -----BEGIN PRIVATE KEY-----
                %s
                -----END PRIVATE KEY-----
                """.formatted(Base64.getEncoder()
                .encodeToString(HexFormat.of()
                        .parseHex(
                                "3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420" + RFC_KEY)))));

        byte[] signature = signer.sign("sample".getBytes(UTF_8));

        // The RFC's s is f7cb1c94...; the group's order less that is as good, and the smaller one.
        assertThat(HexFormat.of().formatHex(signature))
                .isEqualTo(RFC_R + "0834e36ad29a83bf2bc9385e491d6099c8fdf9d1ed67aa7ea5f51f93782857a9");
        assertThat(signer.verificationKey().verify("sample".getBytes(UTF_8), signature))
                .isTrue();
        assertThat(HexFormat.of().formatHex(signer.publicKey()))
                .isEqualTo("0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6"
                        + "7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299");
    }

    @Test
    void verify_theOtherSOfAGoodSignature_isRefused() {
        P256Signer signer = P256Signer.generate();
        byte[] signature = signer.sign("m".getBytes(UTF_8));
        byte[] twin = signature.clone();
        byte[] s = Arrays.copyOfRange(signature, 32, 64);
        byte[] high = BigIntegers.asUnsignedByteArray(32, P256.DOMAIN.getN().subtract(new BigInteger(1, s)));
        System.arraycopy(high, 0, twin, 32, 32);

        assertThat(signer.verificationKey().verify("m".getBytes(UTF_8), signature))
                .isTrue();
        assertThat(signer.verificationKey().verify("m".getBytes(UTF_8), twin)).isFalse();
        assertThat(signer.verificationKey().verify("n".getBytes(UTF_8), signature))
                .isFalse();
    }

    @Test
    void verificationKey_aPointOffTheCurve_isRefused() {
        byte[] point = P256Signer.generate().publicKey();
        point[64] ^= 1;

        assertThatThrownBy(() -> VerificationKey.p256(point))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(
                        "holds 65 bytes that are no P-256 public key: 65 bytes that encode a curve point are");
    }

    @Test
    void load_encryptedByOpenssl_opensWithItsPassphraseOnly() throws IOException {
        Path file = file(ENCRYPTED_P256);
        Path edwards = file(ENCRYPTED_ED25519);

        assertThat(P256Signer.load(file, "correct horse".toCharArray()).keyId()).startsWith("p-256:");
        assertThat(HexFormat.of()
                        .formatHex(Ed25519Signer.load(edwards, "correct horse".toCharArray())
                                .publicKey()))
                .isEqualTo(ED25519_PUBLIC);
        assertThatThrownBy(() -> P256Signer.load(file, "wrong horse".toCharArray()))
                .isInstanceOf(KeyFileException.class)
                .hasMessageStartingWith("Key file " + file);
        assertThatThrownBy(() -> P256Signer.load(file))
                .isInstanceOf(KeyFileException.class)
                .hasMessageStartingWith(
                        "Key file " + file + " holds an encrypted key: it is read with its passphrase only.");
        assertThatThrownBy(() -> Ed25519Signer.load(file, "correct horse".toCharArray()))
                .isInstanceOf(KeyFileException.class)
                .hasMessageContaining("Ed25519 (1.3.101.112) is needed");
    }

    @Test
    void load_aKeyOfEitherAlgorithm_isThatKey() throws IOException {
        Path file = file(ENCRYPTED_P256);
        Path edwards = file(ENCRYPTED_ED25519);
        Path plain = directory.resolve("plain.pem");
        Ed25519Signer made = Ed25519Signer.loadOrCreate(plain);
        char[] passphrase = "correct horse".toCharArray();

        assertThat(Signer.load(file, passphrase)).isInstanceOf(P256Signer.class);
        assertThat(HexFormat.of().formatHex(Signer.load(edwards, passphrase).publicKey()))
                .isEqualTo(ED25519_PUBLIC);
        assertThat(Signer.load(plain, null).keyId()).isEqualTo(made.keyId());
        assertThat(passphrase).as("the caller's own").isEqualTo("correct horse".toCharArray());
        assertThatThrownBy(() -> Signer.load(edwards, null))
                .isInstanceOf(KeyFileException.class)
                .hasMessageContaining("holds an encrypted key");
    }

    private Path file(String pem) throws IOException {
        Path file = Files.createTempFile(
                directory,
                "key",
                ".pem",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return Files.writeString(file, pem);
    }

    private static final String ED25519_PUBLIC = "0b11581495dd9c987b930cabe4407a040b228bc45259a463732c4401866e286e";

    private static final String ENCRYPTED_P256 = """
            -----BEGIN ENCRYPTED PRIVATE KEY-----
            MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgMo4cxtZ0CagICCAAw
            DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEENRGvjvy7nN818M3GvepNrMEgZDd
            GKSUeBwlmk0btqCv0eoFQoUe+4Wkzlw+gfTF2IgpB5UYKqphsAivqwjN+YkIh887
            wFHbmqGxE0aobHKcPREGW1Pd70SAWzRu41rE+KUAHjBmetRSVBn21bmIUemDDUcU
            4nRrp5TcvLWnY5nsSwROaocKmhPOCA9sViFayfHMuusvcmGbAylOAY+PORrdPJ8=
            -----END ENCRYPTED PRIVATE KEY-----
            """;

    private static final String ENCRYPTED_ED25519 = """
            -----BEGIN ENCRYPTED PRIVATE KEY-----
            MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjPsq38SvJj6QICCAAw
            DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEOEIFjWxzZRKmkSZsJWrXxYEQEe4
            AJkdR9tXiHLTQ96kasEVEKdcDdvRQ7oHYDJ9GBee80CHvbIAo802ah95780mAMnh
            MD429uNoWfAuEy/55u4=
            -----END ENCRYPTED PRIVATE KEY-----
            """;
}
