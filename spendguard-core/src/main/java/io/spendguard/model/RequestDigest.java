package io.spendguard.model;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Digests what a caller asked for, so that the same request under one key is known again.
 *
 * <p>Recorded keys are compared with it for as long as they are kept: what goes in, in which order and how, never changes.
 * A field that came later goes in by name, and only where it is given.
 */
final class RequestDigest {
    private final MessageDigest sha = Digest.newSha256();

    private RequestDigest() {}

    /** The digest of everything but the key and the content. */
    static Digest of(Action action) {
        RequestDigest digest = new RequestDigest();
        digest.add("spendguard:action:v1");
        digest.add(action.kind().name());
        digest.add(action.tenant().orElse(null));
        digest.add(action.run().orElse(null));
        digest.add(action.step().orElse(null));
        digest.add(action.agent().orElse(null));
        digest.add(action.user().orElse(null));
        digest.add(action.provider().orElse(null));
        digest.add(action.model().orElse(null));
        digest.add(action.tool().orElse(null));
        digest.add(text(action.inputTokens()));
        digest.add(text(action.maxOutputTokens()));
        digest.add(action.fixedCost().map(Money::toString).orElse(null));
        digest.add(action.charges().toString());
        digest.addNamed(
                "reasoningEffort",
                action.reasoningEffort().map(ReasoningEffort::text).orElse(null));
        digest.addNamed(
                "temperature",
                action.temperature().map(BigDecimal::toPlainString).orElse(null));
        digest.addNamed("topP", action.topP().map(BigDecimal::toPlainString).orElse(null));
        digest.addNamed("plannedSteps", text(action.plannedSteps()));
        action.stopSequences().forEach(text -> digest.addNamed("stop", text));
        action.labels().forEach((name, value) -> {
            digest.add(name);
            digest.add(value);
            digest.add(action.personalLabels().contains(name) ? "personal" : "plain");
        });
        return Digest.of(digest.sha.digest());
    }

    private static @Nullable String text(OptionalLong count) {
        return count.isEmpty() ? null : Long.toString(count.getAsLong());
    }

    /** Each field goes in with its length before it, absent ones as length -1, so that no two field lists collide. */
    private void add(@Nullable String field) {
        byte[] bytes = field == null ? new byte[0] : field.getBytes(StandardCharsets.UTF_8);
        int length = field == null ? -1 : bytes.length;
        sha.update(new byte[] {(byte) (length >>> 24), (byte) (length >>> 16), (byte) (length >>> 8), (byte) length});
        sha.update(bytes);
    }

    /** A field most actions do not have: goes in by name and only where it is given, behind a mark no label has. */
    private void addNamed(String name, @Nullable String field) {
        if (field != null) {
            add(null);
            add(name);
            add(field);
        }
    }
}
