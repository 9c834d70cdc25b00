package io.spendguard.contract;

import io.spendguard.model.Action;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One property of an action a budget is kept per: each value has an account of its own.
 *
 * @param source which property
 * @param label the label's name; null for every other source
 */
public record KeyPart(Source source, @Nullable String label) {
    private static final String LABEL_PREFIX = "label.";

    /** Which property of an action. */
    public enum Source {
        /** The person. */
        USER,
        /** The agent. */
        AGENT,
        /** The provider of the model. */
        PROVIDER,
        /** The model, after a degrade the one that is really called. */
        MODEL,
        /** The tool. */
        TOOL,
        /** A label; its values are the caller's to choose. */
        LABEL
    }

    /** Checks that a label has a name and nothing else has. */
    public KeyPart {
        Objects.requireNonNull(source, "source");
        if ((source == Source.LABEL) != (label != null)) {
            throw new IllegalArgumentException("Key part " + source + " with label '" + label
                    + "': exactly a label has a name. Name it, as in label.team.");
        }
    }

    /** Reads {@code user}, {@code agent}, {@code provider}, {@code model}, {@code tool} or {@code label.NAME}. */
    static KeyPart parse(String text) {
        if (text.startsWith(LABEL_PREFIX) && text.length() > LABEL_PREFIX.length()) {
            return new KeyPart(Source.LABEL, text.substring(LABEL_PREFIX.length()));
        }
        for (Source source : Source.values()) {
            if (source != Source.LABEL && source.name().toLowerCase(Locale.ROOT).equals(text)) {
                return new KeyPart(source, null);
            }
        }
        throw new IllegalArgumentException("'" + Texts.shorten(text, 60)
                + "' is nothing a budget can be kept per: user, agent, provider, model, tool and label.NAME are known."
                + " Write one of them.");
    }

    /** The action's value; empty when it has none. */
    public Optional<String> value(Action action) {
        return switch (source) {
            case USER -> action.user();
            case AGENT -> action.agent();
            case PROVIDER -> action.provider();
            case MODEL -> action.model();
            case TOOL -> action.tool();
            case LABEL -> Optional.ofNullable(action.labels().get(Objects.requireNonNull(label)));
        };
    }

    /** Tells whether the action's value names a person: such values never appear in an account's key. */
    public boolean isPersonal(Action action) {
        return source == Source.USER
                || (source == Source.LABEL && action.personalLabels().contains(Objects.requireNonNull(label)));
    }

    /** The form in a contract. */
    @Override
    public String toString() {
        return label == null ? source.name().toLowerCase(Locale.ROOT) : LABEL_PREFIX + label;
    }
}
