package io.spendguard.contract;

import java.util.List;

/** A part of a YAML document with its place. Scalars stay text: what a member means decides how they are read. */
sealed interface YamlNode {
    Position position();

    /** How a scalar was written. */
    enum Style {
        PLAIN,
        SINGLE_QUOTED,
        DOUBLE_QUOTED,
        /** On the lines below an indicator, {@code |} or {@code >}. */
        BLOCK
    }

    /** What the node is, for messages. */
    String describe();

    /**
     * A scalar.
     *
     * @param text the value, quotes and escapes resolved
     * @param style how it was written
     * @param start index of its first character in the source, quote or block indicator included
     * @param end index after its last character
     */
    record Scalar(Position position, String text, Style style, int start, int end) implements YamlNode {
        boolean isPlain() {
            return style == Style.PLAIN;
        }

        boolean isNull() {
            return isPlain() && (text.isEmpty() || text.equals("~") || text.equals("null"));
        }

        @Override
        public String describe() {
            return isNull() ? "empty" : "'" + Texts.shorten(text, 60) + "'";
        }
    }

    /** A list. */
    record Sequence(Position position, List<YamlNode> items) implements YamlNode {
        @Override
        public String describe() {
            return "a list";
        }
    }

    /** A mapping whose keys are distinct scalars. */
    record Mapping(Position position, List<Entry> entries) implements YamlNode {
        @Override
        public String describe() {
            return "a mapping";
        }
    }

    /** One member of a mapping. */
    record Entry(Scalar key, YamlNode value) {}
}
