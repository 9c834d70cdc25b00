package io.spendguard;

import io.spendguard.model.Permit;
import org.jspecify.annotations.Nullable;

/**
 * What a guarded call does with its permit.
 *
 * @param <T> what it gives back; may be nullable
 * @param <X> what it may throw; {@link RuntimeException} when it throws none
 */
@FunctionalInterface
public interface CallBody<T extends @Nullable Object, X extends Throwable> {
    /** Runs {@link Permit#effective()}. */
    T run(Permit permit) throws X;
}
