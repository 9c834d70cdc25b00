package io.spendguard.price;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OpenAiExtrasTest {
    @Test
    void areBounded_onlyWithoutAMemberThatCostsMore() {
        assertThat(OpenAiExtras.areBounded(null)).isTrue();
        assertThat(OpenAiExtras.areBounded(Set.of())).isTrue();
        assertThat(OpenAiExtras.areBounded(Set.of("user", "seed", "parallel_tool_calls")))
                .isTrue();
        for (String member : List.of("n", "best_of", "model", "max_tokens", "service_tier", "web_search_options")) {
            assertThat(OpenAiExtras.areBounded(Set.of("user", member)))
                    .as(member)
                    .isFalse();
        }
    }

    @Test
    void isDearer_onlyPriority_howeverItIsWritten() {
        assertThat(OpenAiExtras.isDearer(null)).isFalse();
        assertThat(OpenAiExtras.isDearer("flex")).isFalse();
        assertThat(OpenAiExtras.isDearer("auto")).isFalse();
        assertThat(OpenAiExtras.isDearer("priority")).isTrue();
        assertThat(OpenAiExtras.isDearer("PRIORITY")).isTrue();
    }
}
