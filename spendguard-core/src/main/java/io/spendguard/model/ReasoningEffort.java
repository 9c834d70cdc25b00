package io.spendguard.model;

import java.util.Locale;
import java.util.Optional;

/** How much a model is asked to think before it answers, least first. */
public enum ReasoningEffort {
    /** Not at all. */
    NONE,
    /** As little as the model can. */
    MINIMAL,
    /** Little. */
    LOW,
    /** As providers do by themselves. */
    MEDIUM,
    /** Much. */
    HIGH;

    /** The name in contracts, patches and providers' requests, such as {@code low}. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The level of that name; empty for every other text, also for levels only one provider has. */
    public static Optional<ReasoningEffort> of(String text) {
        for (ReasoningEffort effort : values()) {
            if (effort.text().equals(text)) {
                return Optional.of(effort);
            }
        }
        return Optional.empty();
    }
}
