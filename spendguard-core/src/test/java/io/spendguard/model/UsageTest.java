package io.spendguard.model;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class UsageTest {
    @Test
    void tokens_ofAUnit_areWhatItCounts() {
        Usage usage = Usage.of(1_200, 400);

        assertThat(usage.tokens(Unit.INPUT_TOKENS)).hasValue(1_200);
        assertThat(usage.tokens(Unit.OUTPUT_TOKENS)).hasValue(400);
        assertThat(usage.tokens(Unit.TOTAL_TOKENS)).hasValue(1_600);
        assertThat(usage.tokens(Unit.CALLS)).isEmpty();
        assertThat(Usage.builder().inputTokens(7).build().tokens(Unit.TOTAL_TOKENS))
                .isEmpty();
        assertThat(Usage.unknown().tokens(Unit.INPUT_TOKENS)).isEmpty();
    }
}
