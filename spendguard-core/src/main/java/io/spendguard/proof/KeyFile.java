package io.spendguard.proof;

import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Consumer;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.DEROctetString;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.params.ECPrivateKeyParameters;
import org.bouncycastle.crypto.params.Ed25519PrivateKeyParameters;
import org.bouncycastle.crypto.util.PrivateKeyFactory;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;
import org.jspecify.annotations.Nullable;

/** Reads PKCS#8 PEM files that hold one private key, and makes those of Ed25519. */
final class KeyFile {
    private static final ASN1ObjectIdentifier ED25519 = new ASN1ObjectIdentifier("1.3.101.112");
    private static final String PEM_TYPE = "PRIVATE KEY";
    private static final String ENCRYPTED_PEM_TYPE = "ENCRYPTED PRIVATE KEY";
    private static final long MAX_BYTES = 16 * 1024;
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rw-------");
    private static final Set<PosixFilePermission> OWNER_DIRECTORY = PosixFilePermissions.fromString("rwx------");

    private KeyFile() {}

    static Ed25519PrivateKeyParameters read(Path file) {
        return read(file, null);
    }

    static Ed25519PrivateKeyParameters read(Path file, char @Nullable [] passphrase) {
        PrivateKeyInfo info = readInfo(file, passphrase);
        if (!isEd25519(info)) {
            throw new KeyFileException("Key file " + file + " holds a key of algorithm " + algorithm(info)
                    + ": Ed25519 (" + ED25519 + ") is needed. Make one with: openssl genpkey -algorithm ed25519");
        }
        return ed25519(file, info);
    }

    /** A key of either algorithm. */
    static Signer readAny(Path file, char @Nullable [] passphrase) {
        PrivateKeyInfo info = readInfo(file, passphrase);
        return isEd25519(info) ? new Ed25519Signer(ed25519(file, info)) : new P256Signer(p256(file, info));
    }

    private static boolean isEd25519(PrivateKeyInfo info) {
        return ED25519.equals(algorithm(info));
    }

    private static ASN1ObjectIdentifier algorithm(PrivateKeyInfo info) {
        return info.getPrivateKeyAlgorithm().getAlgorithm();
    }

    private static Ed25519PrivateKeyParameters ed25519(Path file, PrivateKeyInfo info) {
        try {
            return new Ed25519PrivateKeyParameters(
                    ASN1OctetString.getInstance(info.parsePrivateKey()).getOctets());
        } catch (IOException | RuntimeException malformed) {
            throw undecodable(file, malformed);
        }
    }

    static ECPrivateKeyParameters readP256(Path file, char @Nullable [] passphrase) {
        return p256(file, readInfo(file, passphrase));
    }

    private static ECPrivateKeyParameters p256(Path file, PrivateKeyInfo info) {
        try {
            if (PrivateKeyFactory.createKey(info) instanceof ECPrivateKeyParameters key
                    && key.getParameters().equals(P256.DOMAIN)) {
                return new ECPrivateKeyParameters(key.getD(), P256.DOMAIN);
            }
        } catch (IOException | RuntimeException malformed) {
            throw undecodable(file, malformed);
        }
        throw new KeyFileException("Key file " + file + " holds a key of algorithm " + algorithm(info)
                + " that is not one of curve P-256. Make one with: openssl genpkey -algorithm EC -pkeyopt"
                + " ec_paramgen_curve:P-256");
    }

    private static PrivateKeyInfo readInfo(Path file, char @Nullable [] passphrase) {
        try {
            requireRegular(file);
            requirePrivate(file);
            if (Files.size(file) > MAX_BYTES) {
                throw new KeyFileException("Key file " + file + " has " + Files.size(file)
                        + " bytes: a PEM key has a few hundred. Name the key itself.");
            }
            return parse(file, Files.readString(file, StandardCharsets.US_ASCII), passphrase);
        } catch (NoSuchFileException missing) {
            throw new KeyFileException(
                    "Key file " + file + " does not exist. Make one with: openssl genpkey -algorithm ed25519 -out "
                            + file,
                    missing);
        } catch (AccessDeniedException denied) {
            throw new KeyFileException(
                    "Key file " + file + " cannot be read by this process. Run it as the file's owner.", denied);
        } catch (IOException failed) {
            throw new KeyFileException("Key file " + file + " cannot be read: " + failed + ".", failed);
        }
    }

    static Ed25519PrivateKeyParameters readOrCreate(Path file, Consumer<Ed25519PrivateKeyParameters> beforeItExists) {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return read(file);
        }
        Ed25519PrivateKeyParameters key = new Ed25519PrivateKeyParameters(new SecureRandom());
        try {
            makeDirectory(file.toAbsolutePath().getParent());
            beforeItExists.accept(key);
            publish(file, encode(key));
            return key;
        } catch (FileAlreadyExistsException anotherProcessWasFaster) {
            return read(file);
        } catch (IOException failed) {
            throw new KeyFileException(
                    "Key file " + file + " cannot be made: " + failed
                            + ". Make its directory writable or put a key there.",
                    failed);
        }
    }

    private static void requireRegular(Path file) throws IOException {
        if (!Files.exists(file)) {
            if (Files.isSymbolicLink(file)) {
                throw new KeyFileException("Key file " + file + " is a link to " + Files.readSymbolicLink(file)
                        + ", which does not exist. Correct the link or remove it.");
            }
            if (Files.notExists(file)) {
                throw new NoSuchFileException(file.toString());
            }
            throw new AccessDeniedException(file.toString());
        }
        if (!Files.isRegularFile(file)) {
            throw new KeyFileException("Key file " + file + " is "
                    + (Files.isDirectory(file) ? "a directory" : "no regular file") + ". Name the PEM file itself.");
        }
    }

    private static void requirePrivate(Path file) throws IOException {
        if (!isPosix(file)) {
            return;
        }
        Set<PosixFilePermission> granted = Files.getPosixFilePermissions(file);
        Set<PosixFilePermission> beyondOwner = EnumSet.noneOf(PosixFilePermission.class);
        beyondOwner.addAll(granted);
        beyondOwner.removeIf(permission -> permission.name().startsWith("OWNER_"));
        if (!beyondOwner.isEmpty()) {
            throw new KeyFileException("Key file " + file + " has mode " + octal(granted)
                    + ": a private key must be accessible to its owner only. Run: chmod 600 " + file);
        }
    }

    private static PrivateKeyInfo parse(Path file, String text, char @Nullable [] passphrase) {
        PemObject pem = readPem(file, text);
        if (ENCRYPTED_PEM_TYPE.equals(pem.getType())) {
            return decrypt(file, pem.getContent(), passphrase);
        }
        if (!PEM_TYPE.equals(pem.getType())) {
            throw new KeyFileException("Key file " + file + " holds '" + pem.getType()
                    + "': unencrypted PKCS#8 'PRIVATE KEY' is read. Convert it with: openssl pkcs8 -topk8 -nocrypt -in "
                    + file);
        }
        try {
            return PrivateKeyInfo.getInstance(pem.getContent());
        } catch (RuntimeException malformed) {
            throw undecodable(file, malformed);
        }
    }

    private static PrivateKeyInfo decrypt(Path file, byte[] content, char @Nullable [] passphrase) {
        if (passphrase == null) {
            throw new KeyFileException("Key file " + file
                    + " holds an encrypted key: it is read with its passphrase only. Pass the passphrase, or convert it"
                    + " with: openssl pkcs8 -topk8 -nocrypt -in " + file);
        }
        try {
            return EncryptedKey.open(content, passphrase);
        } catch (InvalidCipherTextException wrong) {
            throw new KeyFileException(
                    "Key file " + file + " does not open with this passphrase. Pass the one it was encrypted with.",
                    wrong);
        } catch (RuntimeException unsupported) {
            throw new KeyFileException(
                    "Key file " + file + " cannot be decrypted (" + unsupported.getMessage()
                            + "): with the right passphrase, PBES2 with PBKDF2 and AES-CBC is read. Convert it with:"
                            + " openssl pkcs8 -topk8 -v2 aes-256-cbc -in " + file,
                    unsupported);
        }
    }

    private static KeyFileException undecodable(Path file, Exception malformed) {
        return new KeyFileException(
                "Key file " + file + " holds no PKCS#8 key: its content does not decode. Restore it from its backup.",
                malformed);
    }

    private static PemObject readPem(Path file, String text) {
        try (PemReader reader = new PemReader(new StringReader(text))) {
            PemObject pem = reader.readPemObject();
            if (pem == null) {
                throw new KeyFileException("Key file " + file
                        + " holds no PEM block: it must begin with '-----BEGIN PRIVATE KEY-----'. Name a PEM file.");
            }
            if (reader.readPemObject() != null) {
                throw new KeyFileException(
                        "Key file " + file + " holds several PEM blocks: one private key is expected. Split it.");
            }
            return pem;
        } catch (KeyFileException e) {
            throw e;
        } catch (IOException | RuntimeException malformed) {
            throw new KeyFileException(
                    "Key file " + file + " holds a damaged PEM block: it does not decode. Restore it from its backup.",
                    malformed);
        }
    }

    /** PKCS#8 version 0, without the public key: the form every openssl reads. */
    private static byte[] encode(Ed25519PrivateKeyParameters key) throws IOException {
        byte[] der =
                new PrivateKeyInfo(new AlgorithmIdentifier(ED25519), new DEROctetString(key.getEncoded())).getEncoded();
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return ("-----BEGIN " + PEM_TYPE + "-----\n" + body + "\n-----END " + PEM_TYPE + "-----\n")
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** A whole file appears under its name or none does; hard-linking refuses where renaming would overwrite. */
    private static void publish(Path file, byte[] content) throws IOException {
        Path target = file.toAbsolutePath();
        Path temporary = AtomicFile.temporaryBeside(target, OWNER_ONLY);
        try {
            AtomicFile.writeDurably(temporary, content);
            Files.createLink(target, temporary);
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static void makeDirectory(@Nullable Path directory) throws IOException {
        if (directory == null || Files.isDirectory(directory)) {
            return;
        }
        Path parent = directory.getParent();
        makeDirectory(parent);
        try {
            if (parent != null && isPosix(parent)) {
                Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER_DIRECTORY));
            } else {
                Files.createDirectory(directory);
            }
        } catch (FileAlreadyExistsException madeMeanwhile) {
            if (!Files.isDirectory(directory)) {
                throw madeMeanwhile;
            }
        }
    }

    private static boolean isPosix(Path path) throws IOException {
        return Files.getFileStore(path).supportsFileAttributeView("posix");
    }

    private static String octal(Set<PosixFilePermission> permissions) {
        int mode = 0;
        for (char flag : PosixFilePermissions.toString(permissions).toCharArray()) {
            mode = (mode << 1) | (flag == '-' ? 0 : 1);
        }
        return "0" + Integer.toOctalString(mode);
    }
}
