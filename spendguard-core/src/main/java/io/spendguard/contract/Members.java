package io.spendguard.contract;

import io.spendguard.contract.YamlNode.Entry;
import io.spendguard.contract.YamlNode.Mapping;
import io.spendguard.contract.YamlNode.Scalar;
import io.spendguard.contract.YamlNode.Sequence;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the members of one mapping by name and type. Every fault becomes a finding and the member reads as null, so
 * that reading goes on; {@link #close()} reports the members nobody asked for.
 */
final class Members implements AutoCloseable {
    private static final int MAX_TEXT = 200;
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]{0,99}");
    private static final Pattern INTEGER = Pattern.compile("[-+]?\\d{1,19}");

    private final Mapping mapping;
    private final String path;
    private final Findings findings;
    private final Set<String> known = new LinkedHashSet<>();
    private final Set<String> refused = new HashSet<>();

    /** Members of the mapping at a path; for the path {@code spec} and above, members are named without it. */
    Members(Mapping mapping, String path, Findings findings) {
        this.mapping = mapping;
        this.path = path;
        this.findings = findings;
    }

    Position position() {
        return mapping.position();
    }

    String path() {
        return path;
    }

    /** The path of a member. What stands in {@code spec} is named without it, as rules and budgets are all there. */
    String path(String name) {
        return path.isEmpty() || path.equals("spec") ? name : path + "." + name;
    }

    boolean has(String name) {
        return find(name) != null;
    }

    /** Where a member's value stands; the mapping itself when there is no such member. */
    Position position(String name) {
        YamlNode node = find(name);
        return node == null ? mapping.position() : node.position();
    }

    /** The member's node, or null when there is none. */
    @Nullable
    YamlNode node(String name) {
        known.add(name);
        return find(name);
    }

    /** The member's node; a finding and null when there is none. */
    @Nullable
    YamlNode required(String name, String remedy) {
        YamlNode node = node(name);
        if (node == null) {
            findings.fault(mapping.position(), path, "member '" + name + "' is missing. " + remedy);
        }
        return node;
    }

    @Nullable
    Mapping mapping(String name) {
        return as(name, node(name), Mapping.class, "a mapping of names to values");
    }

    @Nullable
    Sequence sequence(String name) {
        return as(name, node(name), Sequence.class, "a list");
    }

    @Nullable
    Scalar scalar(String name, String expected) {
        Scalar scalar = as(name, node(name), Scalar.class, expected);
        if (scalar != null && scalar.isNull()) {
            fault(name, "is empty: " + expected + " is expected. Give it or remove the member.");
            return null;
        }
        return scalar;
    }

    /** Free text of one line. */
    @Nullable
    String text(String name) {
        Scalar scalar = scalar(name, "text");
        if (scalar == null) {
            return null;
        }
        String text = scalar.text();
        if (text.isBlank() || text.length() > MAX_TEXT || text.codePoints().anyMatch(Members::isUnprintable)) {
            fault(
                    name,
                    "is blank, longer than " + MAX_TEXT
                            + " characters or holds a control character. Give a short line of text.");
            return null;
        }
        return text;
    }

    /** Text that names something in ledgers and reasons. */
    @Nullable
    String id(String name) {
        Scalar scalar = scalar(name, "an id");
        if (scalar == null) {
            return null;
        }
        if (!ID.matcher(scalar.text()).matches()) {
            fault(
                    name,
                    "'" + Texts.shorten(scalar.text(), 60)
                            + "' is no id: use letters, digits, _, . and -, starting with a letter or digit, at most 100.");
            return null;
        }
        return scalar.text();
    }

    @Nullable
    Long integer(String name, long least, long most) {
        Scalar scalar = scalar(name, "an integer");
        if (scalar == null) {
            return null;
        }
        if (!scalar.isPlain() || !INTEGER.matcher(scalar.text()).matches()) {
            fault(
                    name,
                    "is " + scalar.describe() + (scalar.isPlain() ? "" : " in quotes")
                            + ": an integer is expected. Write digits only.");
            return null;
        }
        try {
            long value = Long.parseLong(scalar.text());
            if (value >= least && value <= most) {
                return value;
            }
        } catch (NumberFormatException beyondLong) {
            // Out of any range: reported like every other number out of range.
        }
        fault(
                name,
                "is " + scalar.text() + ": " + least + " to " + most + " is allowed. Choose a number in that range.");
        return null;
    }

    @Nullable
    Boolean bool(String name) {
        Scalar scalar = scalar(name, "true or false");
        if (scalar == null) {
            return null;
        }
        if (scalar.isPlain() && (scalar.text().equals("true") || scalar.text().equals("false"))) {
            return scalar.text().equals("true");
        }
        fault(name, "is " + scalar.describe() + ": true or false is expected, without quotes.");
        return null;
    }

    @Nullable
    Duration duration(String name) {
        Scalar scalar = scalar(name, "an ISO-8601 duration");
        if (scalar == null) {
            return null;
        }
        try {
            Duration duration = Duration.parse(scalar.text());
            if (!duration.isNegative() && !duration.isZero()) {
                return duration;
            }
        } catch (DateTimeException malformed) {
            // Reported below like one that is not positive: the remedy is the same.
        }
        fault(name, "is " + scalar.describe() + ": a positive ISO-8601 duration is expected, such as PT10M.");
        return null;
    }

    /** One of several names, by the name each value has in a contract. */
    <T> @Nullable T choice(String name, List<T> values, Function<T, String> nameOf) {
        Scalar scalar = scalar(name, names(values, nameOf));
        if (scalar == null) {
            return null;
        }
        for (T value : values) {
            if (nameOf.apply(value).equals(scalar.text())) {
                return value;
            }
        }
        fault(name, "is " + scalar.describe() + ": " + names(values, nameOf) + " is expected.");
        return null;
    }

    /** Reads a scalar with one of the model's own parsers, whose message says what is wrong. */
    <T> @Nullable T parsed(String name, String expected, Function<String, T> parser) {
        Scalar scalar = scalar(name, expected);
        if (scalar == null) {
            return null;
        }
        try {
            return parser.apply(scalar.text());
        } catch (IllegalArgumentException malformed) {
            findings.fault(scalar.position(), path(name), String.valueOf(malformed.getMessage()));
            return null;
        }
    }

    /** Reports a fault of a member: {@code path: member 'name' …}. */
    void fault(String name, String rest) {
        findings.fault(position(name), path(name), "'" + name + "' " + rest);
    }

    /** Accepts a member only in the apiVersion that has it. */
    void onlyIn(boolean supported, String name, String remedy) {
        known.add(name);
        if (!supported) {
            refused.add(name);
        }
        if (!supported && has(name)) {
            fault(name, remedy);
        }
    }

    /** Reports every member that was not asked for. */
    @Override
    public void close() {
        findings.accepted(path, known.stream().filter(name -> !refused.contains(name)));
        for (Entry entry : mapping.entries()) {
            String name = entry.key().text();
            if (!known.contains(name)) {
                findings.fault(
                        entry.key().position(),
                        path,
                        "unknown member '" + Texts.shorten(name, 60) + "'." + Texts.suggestion(name, known));
            }
        }
    }

    /** The node as a type; a finding and null when it is another. */
    <T extends YamlNode> @Nullable T as(String name, @Nullable YamlNode node, Class<T> type, String expected) {
        if (node == null || type.isInstance(node)) {
            return type.cast(node);
        }
        fault(name, "is " + node.describe() + ": " + expected + " is expected.");
        return null;
    }

    private @Nullable YamlNode find(String name) {
        for (Entry entry : mapping.entries()) {
            if (entry.key().text().equals(name)) {
                return entry.value();
            }
        }
        return null;
    }

    private static <T> String names(List<T> values, Function<T, String> nameOf) {
        return (values.size() == 1 ? "" : "one of ")
                + String.join(", ", values.stream().map(nameOf).toList());
    }

    private static boolean isUnprintable(int c) {
        return Character.isISOControl(c) || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE);
    }
}
