package io.spendguard.langchain4j;

/**
 * Counts the tokens of a text that arrives in parts. Counting each part alone would count too many, since parts need not
 * end where tokens do, and would cut streams that keep to their cap. So the end of what arrived, from its last space on,
 * is counted again with what follows. Called by one thread at a time.
 */
final class StreamedTokens {
    /** Longer ends are counted as they are: a text without spaces must not be counted again and again. */
    private static final int MAX_TAIL_CHARS = 256;

    private String tail = "";
    private long counted;
    private long reported;

    /** How many more tokens there are with this part. */
    long more(String part) {
        String text = tail + part;
        int end = text.length() > MAX_TAIL_CHARS ? text.length() : lastSpace(text);
        counted += PromptTokens.COUNTER.count(text.substring(0, end));
        tail = text.substring(end);
        // A space belongs to the word that may follow it.
        long total = counted + (tail.isBlank() ? 0 : PromptTokens.COUNTER.count(tail));
        long more = Math.max(0, total - reported);
        reported += more;
        return more;
    }

    /** Where the last run of spaces begins, if something precedes it; else 0. */
    private static int lastSpace(String text) {
        for (int at = text.length() - 1; at > 0; at--) {
            if (Character.isWhitespace(text.charAt(at)) && !Character.isWhitespace(text.charAt(at - 1))) {
                return at;
            }
        }
        return 0;
    }
}
