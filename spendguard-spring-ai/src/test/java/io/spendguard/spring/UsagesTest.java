package io.spendguard.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.model.Usage;
import org.junit.jupiter.api.Test;

class UsagesTest {
    @Test
    void of_aProviderThatCountsCachesBesideItsInput_addsThem() {
        assertThat(Usages.of(new Reported(100, 10, 2_000L, 1_000L), "anthropic"))
                .isEqualTo(Usage.builder()
                        .inputTokens(3_100)
                        .cacheReadTokens(2_000)
                        .cacheWriteTokens(1_000)
                        .outputTokens(10)
                        .build());
    }

    @Test
    void of_aProviderThatCountsThemIn_doesNotAddThem() {
        assertThat(Usages.of(new Reported(3_100, 10, 2_000L, 1_000L), "openai"))
                .isEqualTo(Usage.builder()
                        .inputTokens(3_100)
                        .cacheReadTokens(2_000)
                        .cacheWriteTokens(1_000)
                        .outputTokens(10)
                        .build());
    }

    @Test
    void of_negativeCounts_isUnknown() {
        assertThat(Usages.of(new Reported(100, 10, 0L, -1L), "anthropic")).isEqualTo(Usage.unknown());
    }

    private record Reported(Integer input, Integer output, Long read, Long written)
            implements org.springframework.ai.chat.metadata.Usage {
        @Override
        public Integer getPromptTokens() {
            return input;
        }

        @Override
        public Integer getCompletionTokens() {
            return output;
        }

        @Override
        public Long getCacheReadInputTokens() {
            return read;
        }

        @Override
        public Long getCacheWriteInputTokens() {
            return written;
        }

        @Override
        public Object getNativeUsage() {
            return "none";
        }
    }
}
