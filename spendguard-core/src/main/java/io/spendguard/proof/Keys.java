package io.spendguard.proof;

import io.spendguard.json.JsonException;
import io.spendguard.json.JsonObject;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** How public keys are written, and what is signed when one key speaks about another. */
final class Keys {
    private Keys() {}

    static JsonObject toJson(VerificationKey key) {
        return JsonObject.create()
                .put("id", key.id())
                .put("algorithm", key.algorithm())
                .put("publicKey", Base64.getEncoder().encodeToString(key.bytes()));
    }

    /** Throws {@link JsonException} for missing members and {@link IllegalArgumentException} for what is no key. */
    static VerificationKey parse(JsonObject json) {
        return new VerificationKey(
                json.string("id"), json.string("algorithm"), Base64.getDecoder().decode(json.string("publicKey")));
    }

    /** Tag and canonical content, each with its length in four bytes before it. */
    static byte[] message(String tag, JsonObject content) {
        byte[] purpose = tag.getBytes(StandardCharsets.UTF_8);
        byte[] canonical = content.toCanonicalBytes();
        return ByteBuffer.allocate(2 * Integer.BYTES + purpose.length + canonical.length)
                .putInt(purpose.length)
                .put(purpose)
                .putInt(canonical.length)
                .put(canonical)
                .array();
    }
}
