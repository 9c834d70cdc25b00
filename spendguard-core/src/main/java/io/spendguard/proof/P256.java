package io.spendguard.proof;

import io.spendguard.model.Digest;
import java.io.IOException;
import java.math.BigInteger;
import java.util.Arrays;
import org.bouncycastle.asn1.x509.SubjectPublicKeyInfo;
import org.bouncycastle.asn1.x9.X9ECParameters;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.crypto.digests.SHA256Digest;
import org.bouncycastle.crypto.ec.CustomNamedCurves;
import org.bouncycastle.crypto.params.AsymmetricKeyParameter;
import org.bouncycastle.crypto.params.ECDomainParameters;
import org.bouncycastle.crypto.params.ECNamedDomainParameters;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.ECPublicKeyParameters;
import org.bouncycastle.crypto.signers.ECDSASigner;
import org.bouncycastle.crypto.signers.HMacDSAKCalculator;
import org.bouncycastle.crypto.signers.StandardDSAEncoding;
import org.bouncycastle.crypto.util.PublicKeyFactory;
import org.bouncycastle.crypto.util.SubjectPublicKeyInfoFactory;
import org.bouncycastle.math.ec.ECPoint;
import org.bouncycastle.util.BigIntegers;

/**
 * ECDSA on NIST P-256 with SHA-256. Our raw signature is r ‖ s, 32 bytes each, with the smaller of the two s that verify:
 * whoever holds a signature cannot make another one of it. DER, as the standard and services write it, is at the edges.
 */
final class P256 {
    static final int POINT_BYTES = 65;
    static final int SIGNATURE_BYTES = 64;
    private static final int SCALAR_BYTES = 32;
    private static final X9ECParameters CURVE = CustomNamedCurves.getByName("P-256");
    static final ECDomainParameters DOMAIN = new ECNamedDomainParameters(
            X9ObjectIdentifiers.prime256v1, CURVE.getCurve(), CURVE.getG(), CURVE.getN(), CURVE.getH());
    private static final BigInteger HALF = CURVE.getN().shiftRight(1);

    private P256() {}

    static boolean isPoint(byte[] bytes) {
        try {
            return bytes.length == POINT_BYTES && bytes[0] == 4 && DOMAIN.validatePublicPoint(decode(bytes)) != null;
        } catch (IllegalArgumentException noPoint) {
            return false;
        }
    }

    static byte[] sign(ECPrivateKeyParameters key, byte[] message) {
        ECDSASigner signer = new ECDSASigner(new HMacDSAKCalculator(new SHA256Digest())); // RFC 6979: no chance needed
        signer.init(true, key);
        BigInteger[] rs = signer.generateSignature(Digest.sha256(message).bytes());
        return raw(rs[0], rs[1]);
    }

    static boolean verify(byte[] point, byte[] message, byte[] signature) {
        if (signature.length != SIGNATURE_BYTES) {
            return false;
        }
        BigInteger r = new BigInteger(1, Arrays.copyOfRange(signature, 0, SCALAR_BYTES));
        BigInteger s = new BigInteger(1, Arrays.copyOfRange(signature, SCALAR_BYTES, SIGNATURE_BYTES));
        if (s.compareTo(HALF) > 0) {
            return false;
        }
        ECDSASigner verifier = new ECDSASigner();
        verifier.init(false, new ECPublicKeyParameters(decode(point), DOMAIN));
        return verifier.verifySignature(Digest.sha256(message).bytes(), r, s);
    }

    /** The raw form of a DER signature; throws {@link IllegalArgumentException} when it is none. */
    static byte[] fromDer(byte[] der) {
        try {
            BigInteger[] rs = StandardDSAEncoding.INSTANCE.decode(DOMAIN.getN(), der);
            return raw(rs[0], rs[1]);
        } catch (IOException | RuntimeException malformed) {
            throw new IllegalArgumentException(
                    "These " + der.length + " bytes are no DER signature of P-256.", malformed);
        }
    }

    static byte[] toDer(byte[] raw) {
        try {
            return StandardDSAEncoding.INSTANCE.encode(
                    DOMAIN.getN(),
                    new BigInteger(1, Arrays.copyOfRange(raw, 0, SCALAR_BYTES)),
                    new BigInteger(1, Arrays.copyOfRange(raw, SCALAR_BYTES, SIGNATURE_BYTES)));
        } catch (IOException | RuntimeException malformed) {
            throw new IllegalArgumentException("These " + raw.length + " bytes are no signature of P-256.", malformed);
        }
    }

    /** The key as X.509 SubjectPublicKeyInfo. */
    static byte[] toSpki(byte[] point) {
        try {
            return SubjectPublicKeyInfoFactory.createSubjectPublicKeyInfo(
                            new ECPublicKeyParameters(decode(point), DOMAIN))
                    .getEncoded("DER");
        } catch (IOException impossible) {
            throw new IllegalStateException("A P-256 key cannot be encoded.", impossible);
        }
    }

    /** The uncompressed point of a SubjectPublicKeyInfo; throws {@link IllegalArgumentException} for other keys. */
    static byte[] fromSpki(byte[] spki) {
        AsymmetricKeyParameter key;
        try {
            key = PublicKeyFactory.createKey(SubjectPublicKeyInfo.getInstance(spki));
        } catch (IOException | RuntimeException malformed) {
            throw new IllegalArgumentException("These " + spki.length + " bytes are no X.509 public key.", malformed);
        }
        if (key instanceof ECPublicKeyParameters ec && ec.getParameters().equals(DOMAIN)) {
            return ec.getQ().getEncoded(false);
        }
        throw new IllegalArgumentException("The public key is not of curve P-256. Use a key of ECC_NIST_P256.");
    }

    private static ECPoint decode(byte[] point) {
        return CURVE.getCurve().decodePoint(point);
    }

    private static byte[] raw(BigInteger r, BigInteger s) {
        BigInteger low = s.compareTo(HALF) > 0 ? DOMAIN.getN().subtract(s) : s;
        byte[] raw = new byte[SIGNATURE_BYTES];
        put(r, raw, 0);
        put(low, raw, SCALAR_BYTES);
        return raw;
    }

    private static void put(BigInteger scalar, byte[] target, int offset) {
        byte[] bytes = BigIntegers.asUnsignedByteArray(SCALAR_BYTES, scalar);
        System.arraycopy(bytes, 0, target, offset, SCALAR_BYTES);
    }
}
