package io.spendguard.verify;

/** Texts that come out of a package, and may be as long as it is. */
final class Texts {
    private static final int LONGEST_NAME = 200;

    private Texts() {}

    /** A name of something: what anybody gives one is far shorter. */
    static String name(String text) {
        return cut(text, LONGEST_NAME);
    }

    /** The text, or its beginning and dots where it is longer; never half a character. */
    static String cut(String text, int longest) {
        if (text.length() <= longest) {
            return text;
        }
        int end = Character.isHighSurrogate(text.charAt(longest - 1)) ? longest - 1 : longest;
        return text.substring(0, end) + "...";
    }
}
