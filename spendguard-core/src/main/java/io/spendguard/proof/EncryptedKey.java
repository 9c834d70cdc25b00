package io.spendguard.proof;

import java.util.Arrays;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.EncryptedPrivateKeyInfo;
import org.bouncycastle.asn1.pkcs.PBES2Parameters;
import org.bouncycastle.asn1.pkcs.PBKDF2Params;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.crypto.Digest;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.PBEParametersGenerator;
import org.bouncycastle.crypto.digests.SHA1Digest;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.digests.SHA512Digest;
import org.bouncycastle.crypto.engines.AESEngine;
import org.bouncycastle.crypto.generators.PKCS5S2ParametersGenerator;
import org.bouncycastle.crypto.modes.CBCBlockCipher;
import org.bouncycastle.crypto.paddings.PaddedBufferedBlockCipher;
import org.bouncycastle.crypto.params.KeyParameter;
import org.bouncycastle.crypto.params.ParametersWithIV;

/** Opens PKCS#8 keys encrypted by PBES2: PBKDF2 with HMAC of SHA-1, SHA-256 or SHA-512, then AES in CBC mode. */
final class EncryptedKey {
    /** Thrice what is recommended; a file must not keep a process busy for minutes. */
    private static final int MAX_ITERATIONS = 5_000_000;

    private EncryptedKey() {}

    /**
     * The key inside.
     *
     * @throws IllegalArgumentException when the method is none of those, with what it is
     * @throws InvalidCipherTextException when the passphrase is wrong
     */
    static PrivateKeyInfo open(byte[] der, char[] passphrase) throws InvalidCipherTextException {
        EncryptedPrivateKeyInfo encrypted = EncryptedPrivateKeyInfo.getInstance(der);
        require(
                PKCSObjectIdentifiers.id_PBES2,
                encrypted.getEncryptionAlgorithm().getAlgorithm(),
                "encryption");
        PBES2Parameters scheme =
                PBES2Parameters.getInstance(encrypted.getEncryptionAlgorithm().getParameters());
        require(PKCSObjectIdentifiers.id_PBKDF2, scheme.getKeyDerivationFunc().getAlgorithm(), "key derivation");
        PBKDF2Params derivation =
                PBKDF2Params.getInstance(scheme.getKeyDerivationFunc().getParameters());
        if (derivation.getIterationCount().bitLength() > 31
                || derivation.getIterationCount().intValue() > MAX_ITERATIONS) {
            throw new IllegalArgumentException("iteration count " + derivation.getIterationCount());
        }
        PKCS5S2ParametersGenerator generator =
                new PKCS5S2ParametersGenerator(digest(derivation.getPrf().getAlgorithm()));
        byte[] secret = PBEParametersGenerator.PKCS5PasswordToUTF8Bytes(passphrase);
        try {
            generator.init(
                    secret, derivation.getSalt(), derivation.getIterationCount().intValue());
            KeyParameter key = (KeyParameter) generator.generateDerivedParameters(
                    keyBits(scheme.getEncryptionScheme().getAlgorithm()));
            byte[] iv = ASN1OctetString.getInstance(scheme.getEncryptionScheme().getParameters())
                    .getOctets();
            return PrivateKeyInfo.getInstance(decrypt(encrypted.getEncryptedData(), key, iv));
        } finally {
            Arrays.fill(secret, (byte) 0);
        }
    }

    private static byte[] decrypt(byte[] content, KeyParameter key, byte[] iv) throws InvalidCipherTextException {
        PaddedBufferedBlockCipher cipher =
                new PaddedBufferedBlockCipher(CBCBlockCipher.newInstance(AESEngine.newInstance()));
        cipher.init(false, new ParametersWithIV(key, iv));
        byte[] clear = new byte[cipher.getOutputSize(content.length)];
        int length = cipher.processBytes(content, 0, content.length, clear, 0);
        length += cipher.doFinal(clear, length);
        byte[] exact = Arrays.copyOf(clear, length);
        Arrays.fill(clear, (byte) 0);
        return exact;
    }

    private static Digest digest(ASN1ObjectIdentifier prf) {
        if (prf.equals(PKCSObjectIdentifiers.id_hmacWithSHA256)) {
            return SHA256Digest.newInstance();
        }
        if (prf.equals(PKCSObjectIdentifiers.id_hmacWithSHA512)) {
            return new SHA512Digest();
        }
        require(PKCSObjectIdentifiers.id_hmacWithSHA1, prf, "key derivation hash");
        return new SHA1Digest();
    }

    private static int keyBits(ASN1ObjectIdentifier cipher) {
        if (cipher.equals(NISTObjectIdentifiers.id_aes256_CBC)) {
            return 256;
        }
        if (cipher.equals(NISTObjectIdentifiers.id_aes192_CBC)) {
            return 192;
        }
        require(NISTObjectIdentifiers.id_aes128_CBC, cipher, "cipher");
        return 128;
    }

    private static void require(ASN1ObjectIdentifier expected, ASN1ObjectIdentifier actual, String what) {
        if (!expected.equals(actual)) {
            throw new IllegalArgumentException(what + " " + actual);
        }
    }
}
