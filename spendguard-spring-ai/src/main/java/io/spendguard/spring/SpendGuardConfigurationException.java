package io.spendguard.spring;

import java.util.List;

/** Settings under {@code spendguard} that cannot work, all of them at once. The application does not start. */
public final class SpendGuardConfigurationException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SpendGuardConfigurationException(List<String> faults) {
        super(String.join("\n", faults));
    }
}
