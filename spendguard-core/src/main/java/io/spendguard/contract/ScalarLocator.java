package io.spendguard.contract;

import io.spendguard.contract.YamlNode.Scalar;
import io.spendguard.contract.YamlNode.Style;

/**
 * Finds where in the source a character of a scalar's value was written, so that a fault inside an expression is
 * reported at its own line and column, whatever quoting or folding carried it.
 */
final class ScalarLocator {
    /** YAML folds, strips and indents white space only: the n-th other character of the value is the n-th written. */
    private final SourceText source;

    private final Scalar scalar;

    ScalarLocator(SourceText source, Scalar scalar) {
        this.source = source;
        this.scalar = scalar;
    }

    /** The place of the value's character at that code point offset. */
    Position position(int offset) {
        int[] value = scalar.text().codePoints().toArray();
        int skip = 0;
        for (int i = 0; i < Math.min(offset, value.length); i++) {
            skip += Character.isWhitespace(value[i]) ? 0 : 1;
        }
        int index = contentStart();
        int last = index;
        while (index < scalar.end()) {
            int width = width(index);
            if (!isSpace(index)) {
                if (skip-- == 0) {
                    return source.position(index);
                }
                last = index + width;
            }
            index += width;
        }
        return source.position(last);
    }

    private int contentStart() {
        int start = scalar.start();
        if (scalar.style() == Style.BLOCK) {
            while (start < scalar.end() && source.at(start) != '\n') {
                start++;
            }
            return start;
        }
        return scalar.isPlain() ? start : start + 1;
    }

    /** How many source characters carry the value's character that starts here. */
    private int width(int index) {
        int c = source.at(index);
        if (scalar.style() == Style.SINGLE_QUOTED && c == '\'') {
            return 2;
        }
        if (scalar.style() == Style.DOUBLE_QUOTED && c == '\\') {
            return switch (source.at(index + 1)) {
                case 'x' -> 4;
                case 'u' -> 6;
                case 'U' -> 10;
                default -> 2;
            };
        }
        return 1;
    }

    private boolean isSpace(int index) {
        int c = source.at(index);
        if (scalar.style() == Style.DOUBLE_QUOTED && c == '\\') {
            return " \t\r\nnrtvfLP".indexOf(source.at(index + 1)) >= 0;
        }
        return Character.isWhitespace(c);
    }
}
