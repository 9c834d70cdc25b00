package io.spendguard.contract;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Small helpers for messages. */
final class Texts {
    private static final int MAX_LISTED = 12;

    private Texts() {}

    /** The text on one line, cut with an ellipsis beyond a length. */
    static String shorten(String text, int length) {
        String line = text.strip().replaceAll("\\s+", " ");
        return line.length() <= length ? line : line.substring(0, line.offsetByCodePoints(0, length / 2)) + "…";
    }

    /** {@code " Did you mean 'x'?"} for the nearest name, or the names there are when none is near and they are few. */
    static String suggestion(String wrong, Collection<String> names) {
        String nearest = nearest(wrong, names);
        if (nearest != null) {
            return " Did you mean '" + nearest + "'?";
        }
        return names.isEmpty() || names.size() > MAX_LISTED ? "" : " Known here: " + String.join(", ", names) + ".";
    }

    private static @Nullable String nearest(String wrong, Collection<String> names) {
        String best = null;
        int bestDistance = Math.max(1, Math.min(3, wrong.length() / 3)) + 1;
        for (String name : names) {
            int distance = name.equalsIgnoreCase(wrong) ? 0 : distance(wrong, name, bestDistance);
            if (distance < bestDistance) {
                best = name;
                bestDistance = distance;
            }
        }
        return best;
    }

    /** Edit distance with swapped neighbours counted once; at least {@code limit} when it cannot be below. */
    private static int distance(String a, String b, int limit) {
        if (Math.abs(a.length() - b.length()) >= limit) {
            return limit;
        }
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int substitute = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                d[i][j] = Math.min(substitute, Math.min(d[i - 1][j], d[i][j - 1]) + 1);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
