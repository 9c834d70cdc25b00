package io.spendguard.bundle;

import io.spendguard.contract.Contract;
import io.spendguard.contract.ContractException;
import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Signer;
import io.spendguard.proof.VerificationKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;

/**
 * A contract, layers and all, with the digest of the price book it was checked with, signed. What is signed are the bytes
 * {@code spendguard.bundle.v1}, a line feed, and the canonical JSON (RFC 8785) of the member {@code bundle}.
 *
 * <p>Immutable; safe for any number of threads.
 */
public final class ContractBundle {
    private static final String FORMAT = "spendguard.bundle.v1";
    private static final int MOST_BYTES = 16 << 20;

    private final Contract contract;
    private final JsonObject bundle;
    private final JsonObject signature;

    private ContractBundle(Contract contract, JsonObject bundle, JsonObject signature) {
        this.contract = contract;
        this.bundle = bundle;
        this.signature = signature;
    }

    /**
     * One document of a contract.
     *
     * @param name what findings call it, such as the file's name
     * @param source its text
     */
    public record Document(String name, String source) {
        /** Checks that both are present. */
        public Document {
            Objects.requireNonNull(name, "name");
            Objects.requireNonNull(source, "source");
        }
    }

    /**
     * Checks and signs.
     *
     * @param documents the contract and the layers below it, in order; at least one
     * @param prices the prices it will be enforced with
     * @throws ContractException with every fault of the first document that has any
     */
    public static ContractBundle sign(List<Document> documents, PriceBook prices, Instant issuedAt, Signer signer) {
        Contract contract = parse(documents);
        JsonObject bundle = JsonObject.create()
                .put("name", contract.name())
                .putIfPresent("tenant", contract.tenant().orElse(null))
                .putIfPresent("version", contract.version().orElse(null))
                .put("contract", contract.digest().hex())
                .put("priceBook", prices.digest().hex())
                .put("issuedAt", issuedAt.truncatedTo(ChronoUnit.SECONDS).toString())
                .put(
                        "documents",
                        documents.stream()
                                .map(document -> JsonObject.create()
                                        .put("name", document.name())
                                        .put("source", document.source()))
                                .toList());
        JsonObject signature = JsonObject.create()
                .put("keyId", signer.keyId())
                .put("algorithm", signer.algorithm())
                .put("value", Base64.getEncoder().encodeToString(signer.sign(message(bundle))));
        return new ContractBundle(contract, bundle, signature);
    }

    /**
     * Reads a bundle that a trusted key signed. Blocks while it reads.
     *
     * @param trusted the keys whose bundles may come into force; no other key's is even compiled
     * @throws BundleException when it cannot be read, is not signed by one of them, or was changed
     * @throws ContractException when its contract has faults, with all of them
     */
    public static ContractBundle load(Path file, Anchors trusted) {
        JsonObject document = read(file);
        try {
            if (!document.string("format").equals(FORMAT)) {
                throw new BundleException("Bundle " + file + " has format '" + document.string("format")
                        + "', this library reads '" + FORMAT + "'. Sign it again with this library.");
            }
            JsonObject bundle = document.object("bundle");
            JsonObject signature = document.object("signature");
            requireSigned(file, bundle, signature, trusted);
            Instant.parse(bundle.string("issuedAt"));
            Contract contract = parse(bundle.objects("documents").stream()
                    .map(part -> new Document(part.string("name"), part.string("source")))
                    .toList());
            if (!contract.digest().hex().equals(bundle.string("contract"))) {
                throw new BundleException("Bundle " + file + " was signed for contract " + bundle.string("contract")
                        + ", but its documents mean " + contract.digest()
                        + " to this library. Sign it again with this library's version.");
            }
            return new ContractBundle(contract, bundle, signature);
        } catch (JsonException | DateTimeException malformed) {
            throw new BundleException(
                    "Bundle " + file + " is malformed: " + malformed.getMessage() + " Sign the contract again.",
                    malformed);
        }
    }

    /**
     * Writes the bundle to a new file.
     *
     * @throws BundleException when there is a file already, or it cannot be written
     */
    public void write(Path file) {
        JsonObject document =
                JsonObject.create().put("format", FORMAT).put("bundle", bundle).put("signature", signature);
        try {
            Files.write(file, document.toCanonicalBytes(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        } catch (IOException unwritable) {
            throw new BundleException(
                    "Bundle " + file + " cannot be written: " + unwritable
                            + ". Name a new file in a folder that is there.",
                    unwritable);
        }
    }

    /** The contract, compiled. */
    public Contract contract() {
        return contract;
    }

    /** The digest of the price book the contract was checked with. */
    public Digest priceBook() {
        return Digest.parse(bundle.string("priceBook"));
    }

    /** When it was signed, by the signer's clock; whole seconds. */
    public Instant issuedAt() {
        return Instant.parse(bundle.string("issuedAt"));
    }

    /** SHA-256 of what is signed, without the prefix. */
    public Digest digest() {
        return Digest.sha256(bundle.toCanonicalBytes());
    }

    /** The id of the key that signed it. */
    public String keyId() {
        return signature.string("keyId");
    }

    /**
     * Checks that these are the prices the contract was checked with.
     *
     * @throws BundleException when they are others
     */
    public void requirePrices(PriceBook prices) {
        if (!prices.digest().equals(priceBook())) {
            throw new BundleException("Bundle of contract '" + contract.name() + "' was signed for price book "
                    + priceBook() + ", but the guard's is " + prices.digest() + " (" + prices.version()
                    + "). Give the guard those prices, or sign the bundle for these.");
        }
    }

    /** Name and digest; nothing of what the contract says. */
    @Override
    public String toString() {
        return "ContractBundle[" + contract.name() + ", " + digest() + "]";
    }

    private static JsonObject read(Path file) {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new BundleException("Bundle " + file + " has " + Files.size(file) + " bytes: " + MOST_BYTES
                        + " are the most. Is it another file?");
            }
            return JsonObject.parse(Files.readAllBytes(file));
        } catch (IOException unreadable) {
            throw new BundleException(
                    "Bundle " + file + " cannot be read: " + unreadable + ". Name a file written by contract sign.",
                    unreadable);
        } catch (JsonException malformed) {
            throw new BundleException(
                    "Bundle " + file + " is no bundle: " + malformed.getMessage() + " Name a file written by contract"
                            + " sign.",
                    malformed);
        }
    }

    private static void requireSigned(Path file, JsonObject bundle, JsonObject signature, Anchors trusted) {
        String keyId = signature.string("keyId");
        VerificationKey key = trusted.find(keyId)
                .orElseThrow(() -> new BundleException("Bundle " + file + " is signed by key " + keyId
                        + ", which is not trusted: the trust file has "
                        + trusted.keys().size()
                        + " keys, and not this one. Add the key if it is the one who may change the contract."));
        if (!key.algorithm().equals(signature.string("algorithm"))
                || !key.verify(message(bundle), decoded(file, signature.string("value")))) {
            throw new BundleException("Bundle " + file + " does not fit its signature by key " + keyId
                    + ": it was changed after it was signed. Sign the contract again.");
        }
    }

    private static byte[] decoded(Path file, String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException malformed) {
            throw new BundleException(
                    "Bundle " + file + " has a signature that is no base64. Sign the contract again.", malformed);
        }
    }

    private static byte[] message(JsonObject bundle) {
        byte[] prefix = (FORMAT + "\n").getBytes(StandardCharsets.UTF_8);
        byte[] canonical = bundle.toCanonicalBytes();
        byte[] message = new byte[prefix.length + canonical.length];
        System.arraycopy(prefix, 0, message, 0, prefix.length);
        System.arraycopy(canonical, 0, message, prefix.length, canonical.length);
        return message;
    }

    private static Contract parse(List<Document> documents) {
        if (documents.isEmpty()) {
            throw new BundleException("Bundle holds no document: nothing would decide. Give at least one contract.");
        }
        List<Document> rest = new ArrayList<>(documents);
        Document first = rest.remove(0);
        Contract contract = Contract.parse(first.source(), first.name());
        for (Document layer : rest) {
            contract = contract.withLayer(layer.source(), layer.name());
        }
        return contract;
    }
}
