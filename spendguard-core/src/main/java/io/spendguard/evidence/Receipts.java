package io.spendguard.evidence;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Digest;
import io.spendguard.model.Receipt;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.UUID;

/** Receipts as text: one canonical JSON object in a line, which {@code spendguard verify --receipts} reads. */
public final class Receipts {
    private Receipts() {}

    /** The receipt's line, without a line feed. */
    public static String toLine(Receipt receipt) {
        return new String(toBytes(receipt), StandardCharsets.UTF_8);
    }

    /** Reads a line without its line feed; throws {@link JsonException} when it is not one that {@link #toLine} wrote. */
    public static Receipt parse(byte[] line) {
        JsonObject json = JsonObject.parse(line);
        Receipt read;
        try {
            read = new Receipt(
                    json.string("tenant"),
                    UUID.fromString(json.string("event")),
                    UUID.fromString(json.string("stream")),
                    json.integer("seq"),
                    Digest.parse(json.string("chain")),
                    Math.toIntExact(json.integer("batchSize")),
                    Math.toIntExact(json.integer("leafIndex")),
                    json.strings("path").stream().map(Digest::parse).toList(),
                    Base64.getDecoder().decode(json.string("signature")),
                    json.string("keyId"),
                    json.has("certificate") ? json.object("certificate").toString() : null,
                    Instant.parse(json.string("issuedAt")));
        } catch (JsonException malformed) {
            throw malformed;
        } catch (IllegalArgumentException | ArithmeticException | DateTimeException malformed) {
            throw new JsonException("A member has another form: " + malformed.getMessage(), malformed);
        }
        if (!Arrays.equals(toBytes(read), line)) {
            throw new JsonException("The line is not canonical, or has members it should not have.");
        }
        return read;
    }

    private static byte[] toBytes(Receipt receipt) {
        JsonObject json = JsonObject.create()
                .put("tenant", receipt.tenant())
                .put("event", receipt.event().toString())
                .put("stream", receipt.stream().toString())
                .put("seq", receipt.seq())
                .put("chain", receipt.chain().hex())
                .put("batchSize", receipt.batchSize())
                .put("leafIndex", receipt.leafIndex())
                .put("path", receipt.path().stream().map(Digest::hex).toList())
                .put("signature", Base64.getEncoder().encodeToString(receipt.signature()))
                .put("keyId", receipt.keyId())
                .put("issuedAt", receipt.issuedAt().toString());
        String certificate = receipt.certificate();
        if (certificate != null) {
            json.put("certificate", JsonObject.parse(certificate.getBytes(StandardCharsets.UTF_8)));
        }
        return json.toCanonicalBytes();
    }
}
