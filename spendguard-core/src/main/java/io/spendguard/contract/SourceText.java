package io.spendguard.contract;

import java.util.Arrays;

/** A document's characters, with the line and column of each. */
final class SourceText {
    private final int[] codePoints;
    private final int[] lineStarts;

    SourceText(String text) {
        this.codePoints = text.codePoints().toArray();
        int[] starts = new int[16];
        int lines = 1;
        for (int i = 0; i < codePoints.length; i++) {
            boolean crLf = codePoints[i] == '\r' && i + 1 < codePoints.length && codePoints[i + 1] == '\n';
            if (codePoints[i] == '\n' || (codePoints[i] == '\r' && !crLf)) {
                if (lines == starts.length) {
                    starts = Arrays.copyOf(starts, 2 * lines);
                }
                starts[lines++] = i + 1;
            }
        }
        this.lineStarts = Arrays.copyOf(starts, lines);
    }

    /** The character at an index; -1 beyond the end. */
    int at(int index) {
        return index < codePoints.length ? codePoints[index] : -1;
    }

    Position position(int index) {
        int found = Arrays.binarySearch(lineStarts, index);
        int line = found >= 0 ? found : -found - 2;
        return new Position(line + 1, index - lineStarts[line] + 1);
    }
}
