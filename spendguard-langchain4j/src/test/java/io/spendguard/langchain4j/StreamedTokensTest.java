package io.spendguard.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class StreamedTokensTest {
    private static final String TEXT =
            "The quick brown fox, which jumps over 12 lazy dogs; it's \"unbelievable\" — naïve.";

    @Test
    void more_wordsWithTheirSpaces_areCountedAsTheWholeText() {
        assertThat(count(List.of("one ", "two ", "three"))).isEqualTo(3);
        assertThat(count(List.of("one", " two", " three"))).isEqualTo(3);
    }

    @Test
    void more_endlessBlanks_areCounted() {
        assertThat(count(java.util.Collections.nCopies(1_000, "\n"))).isPositive();
    }

    @Test
    void more_longTextWithoutSpaces_isCounted() {
        assertThat(count(java.util.Collections.nCopies(1_000, "x7Q"))).isGreaterThan(500);
    }

    /** However the text is cut, the count is that of the whole, or off by the token or two at the cuts inside words. */
    @Property(tries = 200)
    void more_textCutAnywhere_isCountedNearlyAsTheWhole(
            @ForAll @Size(min = 1, max = 60) List<@IntRange(min = 1, max = 12) Integer> cuts) {
        StreamedTokens tokens = new StreamedTokens();
        long sum = 0;
        int at = 0;
        for (int cut : cuts) {
            int next = Math.min(TEXT.length(), at + cut);
            sum += tokens.more(TEXT.substring(at, next));
            at = next;
        }
        sum += tokens.more(TEXT.substring(at));

        assertThat(sum).isBetween(PromptTokens.COUNTER.count(TEXT), PromptTokens.COUNTER.count(TEXT) + 4);
    }

    private static long count(List<String> parts) {
        StreamedTokens tokens = new StreamedTokens();
        return parts.stream().mapToLong(tokens::more).sum();
    }
}
