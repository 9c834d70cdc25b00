package io.spendguard.model;

import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The digest of a text that is asked for at most once, and only when somebody wants to know. */
final class ContentDigest {
    private @Nullable Supplier<String> text;
    private @Nullable Digest digest;

    ContentDigest(Supplier<String> text) {
        this.text = Objects.requireNonNull(text, "content");
    }

    ContentDigest(Digest digest) {
        this.digest = Objects.requireNonNull(digest, "content");
    }

    synchronized Digest get() {
        Digest known = digest;
        if (known == null) {
            String asked = Objects.requireNonNull(text, "text").get();
            known = Digest.sha256(asked.getBytes(StandardCharsets.UTF_8));
            digest = known;
            text = null;
        }
        return known;
    }
}
