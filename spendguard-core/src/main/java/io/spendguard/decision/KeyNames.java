package io.spendguard.decision;

import io.spendguard.contract.KeyPart;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Action;
import io.spendguard.model.Digest;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The keys of accounts that are kept per something. A personal value becomes a keyed hash under the tenant's secret, so that
 * every process finds the same account and nobody without the secret finds the person. Safe for any number of threads.
 */
final class KeyNames {
    private static final String SEPARATOR = "/";
    private static final int HASH_BYTES = 16;

    private final Function<String, byte[]> secretOf;
    private final Map<String, byte[]> secrets = new ConcurrentHashMap<>();

    /** With a function that gives a tenant's secret, the same in every process; may block. */
    KeyNames(Function<String, byte[]> secretOf) {
        this.secretOf = secretOf;
    }

    /** The key of an action's account; empty when the action lacks a part. */
    Optional<String> key(List<KeyPart> per, Action action, String tenant) {
        StringBuilder key = new StringBuilder();
        for (KeyPart part : per) {
            Optional<String> value = part.value(action);
            if (value.isEmpty()) {
                return Optional.empty();
            }
            if (!key.isEmpty()) {
                key.append(SEPARATOR);
            }
            key.append(part.isPersonal(action) ? hidden(tenant, part, value.get()) : escaped(value.get()));
        }
        return Optional.of(key.toString());
    }

    /** What a run remembers an action by, so that it knows it again; null for an action without content. */
    @Nullable
    Long fingerprint(Action action, String tenant) {
        if (action.content().isEmpty()) {
            return null;
        }
        String name = action.tool()
                .or(() -> action.model().map(model -> action.provider().orElse("") + SEPARATOR + model))
                .orElse("");
        byte[] hash = hash(
                tenant,
                action.kind().trigger() + "\0" + name,
                action.content().get().hex());
        return ByteBuffer.wrap(hash).getLong();
    }

    /** What tells an action's content from others without telling what it is; null for an action without content. */
    @Nullable
    Digest content(Action action, String tenant) {
        return action.content()
                .map(content -> Digest.of(hash(tenant, "content", content.hex())))
                .orElse(null);
    }

    /**
     * What two requests under one key are compared by. A plain digest would let anybody who reads the ledger try out whose request it
     * was, long after the personal values were erased; so where an action has any, the digest is a keyed one.
     */
    Digest request(Action action, String tenant) {
        Digest plain = action.requestDigest();
        boolean isPersonal =
                action.user().isPresent() || !action.personalLabels().isEmpty();
        return isPersonal ? Digest.of(hash(tenant, "request", plain.hex())) : plain;
    }

    /** The same for what names somebody, written down: always a keyed digest. */
    Digest request(JsonObject personal, String tenant) {
        return Digest.of(hash(tenant, "personal request", personal.toString()));
    }

    /** So that no two lists of values have the same key, and no value looks like a hidden one. */
    static String escaped(String value) {
        return value.replace("%", "%25").replace(SEPARATOR, "%2F").replace("~", "%7E");
    }

    private String hidden(String tenant, KeyPart part, String value) {
        return "~" + HexFormat.of().formatHex(hash(tenant, part.toString(), value), 0, HASH_BYTES);
    }

    private byte[] hash(String tenant, String what, String value) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secrets.computeIfAbsent(tenant, secretOf), "HmacSHA256"));
            mac.update((what + "\0").getBytes(StandardCharsets.UTF_8));
            return mac.doFinal(value.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException("Every Java platform has HMAC with SHA-256.", impossible);
        }
    }
}
