package io.spendguard.langchain4j;

import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How often a model tries again by itself, below every gate. LangChain4j's models keep the number in a private field and
 * tell nobody; a model without such a field does not retry, as far as anyone can see.
 */
final class HiddenRetries {
    private static final Logger LOG = LoggerFactory.getLogger(HiddenRetries.class);
    private static final String FIELD = "maxRetries";

    private HiddenRetries() {}

    /** The number found, 1 where there is one that cannot be read; says so in the log when it is not 0. */
    static int of(Object model) {
        int retries = find(model);
        if (retries > 0) {
            LOG.warn(
                    "Model {} retries up to {} times by itself: each call is decided and held for once, whatever its"
                            + " attempts cost, and no failure proves that nothing was billed. Build it with"
                            + " maxRetries(0) and retry above the gate.",
                    model.getClass().getName(),
                    retries);
        }
        return retries;
    }

    private static int find(Object model) {
        for (Class<?> type = model.getClass(); type != null; type = type.getSuperclass()) {
            try {
                Field field = type.getDeclaredField(FIELD);
                field.setAccessible(true);
                return field.get(model) instanceof Integer retries ? Math.max(0, retries) : 1;
            } catch (NoSuchFieldException e) {
                // Declared by a superclass, perhaps.
            } catch (IllegalAccessException | InaccessibleObjectException e) {
                return 1;
            }
        }
        return 0;
    }
}
