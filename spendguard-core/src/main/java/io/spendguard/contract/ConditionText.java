package io.spendguard.contract;

/**
 * The form of a condition that is hashed: without comments, and with one space for each run of white space outside of
 * quotes. Written by hand rather than printed from the parse tree, so that a library's new printer changes no digest.
 */
final class ConditionText {
    private final String text;
    private final StringBuilder out = new StringBuilder();
    private int next;

    private ConditionText(String text) {
        this.text = text;
    }

    /** The normalized text of a condition that compiles. */
    static String normalized(String condition) {
        return new ConditionText(condition).normalize();
    }

    private String normalize() {
        boolean space = false;
        while (next < text.length()) {
            char c = text.charAt(next);
            if (Character.isWhitespace(c)) {
                space = true;
                next++;
            } else if (text.startsWith("//", next)) {
                int end = text.indexOf('\n', next);
                next = end < 0 ? text.length() : end;
                space = true;
            } else {
                if (space && out.length() > 0) {
                    out.append(' ');
                }
                space = false;
                if (c == '"' || c == '\'') {
                    quoted(c);
                } else {
                    out.append(c);
                    next++;
                }
            }
        }
        return out.toString();
    }

    /** Copies a string literal as it is: CEL has single and tripled quotes, and raw strings without escapes. */
    private void quoted(char quote) {
        boolean raw = next > 0 && "rR".indexOf(text.charAt(next - 1)) >= 0;
        String mark = String.valueOf(quote).repeat(3);
        mark = text.startsWith(mark, next) ? mark : String.valueOf(quote);
        int start = next;
        next += mark.length();
        while (next < text.length() && !text.startsWith(mark, next)) {
            next += text.charAt(next) == '\\' && !raw ? 2 : 1;
        }
        next = Math.min(text.length(), next + mark.length());
        out.append(text, start, next);
    }
}
