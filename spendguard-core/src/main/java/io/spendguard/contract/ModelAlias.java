package io.spendguard.contract;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * What a contract calls a model: a name and a channel of it. Text form {@code cheap} or {@code cheap@beta}.
 *
 * @param name lower-case letters, digits, {@code _}, {@code -} and {@code .}
 * @param channel the same form; {@value #DEFAULT_CHANNEL} when the contract says nothing
 */
public record ModelAlias(String name, String channel) implements Comparable<ModelAlias> {
    /** The channel of an alias without one. */
    public static final String DEFAULT_CHANNEL = "stable";

    /** The channel whose models never change for the worse. */
    public static final String PINNED = "pinned";

    /** The channel whose models may change in every way. */
    public static final String LATEST = "latest";

    private static final Pattern FORM = Pattern.compile("[a-z0-9][a-z0-9_.-]{0,63}");

    /** Checks both forms; throws {@link IllegalArgumentException} naming the value and the rule. */
    public ModelAlias {
        requireForm("name", name);
        requireForm("channel", channel);
    }

    /** Reads {@code name} or {@code name@channel}; throws {@link IllegalArgumentException} when malformed. */
    public static ModelAlias parse(String text) {
        int at = text.indexOf('@');
        return at < 0
                ? new ModelAlias(text, DEFAULT_CHANNEL)
                : new ModelAlias(text.substring(0, at), text.substring(at + 1));
    }

    @Override
    public int compareTo(ModelAlias other) {
        int byName = name.compareTo(other.name);
        return byName != 0 ? byName : channel.compareTo(other.channel);
    }

    /** The text form, the default channel left out. */
    @Override
    public String toString() {
        return channel.equals(DEFAULT_CHANNEL) ? name : name + "@" + channel;
    }

    private static void requireForm(String what, String value) {
        Objects.requireNonNull(value, what);
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException("Model alias " + what + " '" + value
                    + "' is malformed: use a-z, 0-9, _, - and ., at most 64, such as 'cheap' or 'cheap@beta'.");
        }
    }
}
