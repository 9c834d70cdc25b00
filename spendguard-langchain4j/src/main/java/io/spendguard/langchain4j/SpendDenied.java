package io.spendguard.langchain4j;

import io.spendguard.model.SpendDeniedException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds a refusal in what a framework made of it. */
public final class SpendDenied {
    /** No chain of causes is this long, except one that runs in a circle. */
    private static final int MAX_DEPTH = 100;

    private SpendDenied() {}

    /** The refusal that is this exception or its nearest cause; empty when there is none. */
    public static Optional<SpendDeniedException> in(@Nullable Throwable thrown) {
        Throwable cause = thrown;
        for (int depth = 0; cause != null && depth < MAX_DEPTH; depth++) {
            if (cause instanceof SpendDeniedException denied) {
                return Optional.of(denied);
            }
            cause = cause.getCause();
        }
        return Optional.empty();
    }
}
