package io.spendguard.spring;

import java.lang.reflect.Field;
import java.lang.reflect.Method;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.ClassUtils;
import org.springframework.util.ReflectionUtils;

/**
 * How often a model tries again by itself, below every gate. Models on a vendor's client say so in their options, OpenAI's three
 * times by default; others have a retry template in a field. A model with neither does not retry, as far as anyone can see.
 */
final class HiddenRetries {
    /** In evidence, on actions of a model that retries by itself. */
    static final String LABEL = "hiddenRetries";

    private static final Logger LOG = LoggerFactory.getLogger(HiddenRetries.class);

    private HiddenRetries() {}

    /** The number found, 1 where there is one that cannot be read; says so in the log when it is not 0. */
    static int of(Object model) {
        int retries = find(model);
        if (retries > 0) {
            LOG.warn(
                    "Model {} retries up to {} times by itself: each call is decided and held for once, whatever its"
                            + " attempts cost, and no failure proves that nothing was billed. Set its max-retries to 0, such"
                            + " as spring.ai.openai.max-retries=0, and retry above the gate.",
                    model.getClass().getName(),
                    retries);
        }
        return retries;
    }

    private static int find(Object model) {
        Object options = value(model, "getOptions");
        Object retries = options == null ? null : value(options, "getMaxRetries");
        if (retries instanceof Integer count) {
            return Math.max(0, count);
        }
        return hasRetryTemplate(model) ? 1 : 0;
    }

    private static boolean hasRetryTemplate(Object model) {
        Field field = ReflectionUtils.findField(ClassUtils.getUserClass(model), "retryTemplate");
        if (field == null) {
            return false;
        }
        try {
            ReflectionUtils.makeAccessible(field);
            return ReflectionUtils.getField(field, model) != null;
        } catch (RuntimeException unreadable) {
            return true;
        }
    }

    private static @Nullable Object value(Object owner, String getter) {
        Method method = ReflectionUtils.findMethod(owner.getClass(), getter);
        if (method == null) {
            return null;
        }
        try {
            ReflectionUtils.makeAccessible(method);
            return ReflectionUtils.invokeMethod(method, owner);
        } catch (RuntimeException unreadable) {
            return null;
        }
    }
}
