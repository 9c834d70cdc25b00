package io.spendguard.contract;

import java.util.Locale;

/** How hard it is to go past what decides, weakest first. */
public enum EnforcementStrength {
    /** The application asks, and could go on whatever the answer is. */
    ADVISORY_SDK,
    /** The framework's own calls pass the gate; code that calls a provider past the framework does not. This library. */
    SEMANTIC_ADAPTER,
    /** Nothing leaves the network but through the gate. */
    EGRESS_PROXY_HARD_BLOCK,
    /** Only the gate has the provider's keys. */
    PROVIDER_KEY_GATEWAY;

    /** The name in a contract. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
