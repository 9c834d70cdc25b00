package io.spendguard.langchain4j;

import static io.spendguard.test.SpendAssertions.assertThat;
import static io.spendguard.test.SpendAssertions.times;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import io.spendguard.model.Effect;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.model.Usage;
import io.spendguard.test.OpenAiReply;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GuardedEmbeddingModelTest {
    private static final OpenAiReply COUNTED = OpenAiReply.text("").withUsage(Usage.of(1_000, 0));

    private Lab lab = Lab.open();

    @AfterEach
    void close() {
        lab.close();
    }

    @Test
    void everyForm_isDecidedAndChargedOnce() {
        EmbeddingModel model = GuardedModels.embedding(lab.embedding().build(), lab.guard);
        EmbeddingRequest request =
                EmbeddingRequest.builder().textSegment(TextSegment.from("text")).build();
        lab.provider.otherwise(COUNTED);

        model.embed("text");
        model.embed(TextSegment.from("text"));
        model.embedAll(List.of(TextSegment.from("one"), TextSegment.from("two")));
        model.embed(request);

        assertThat(lab.provider.calls()).hasSize(4);
        // 1,000 tokens at 20 nanos, four times
        assertThat(lab.guard)
                .onModel("text-embedding-3-small")
                .decided(Effect.CONTINUE, times(4))
                .spent("0.00008 USD");
    }

    @Test
    void dimension_isGatedAndAskedOnce() {
        EmbeddingModel model =
                GuardedModels.embedding(lab.embedding().dimensions(8).build(), lab.guard);

        assertThat(model.dimension()).isEqualTo(8);
        assertThat(model.dimension()).isEqualTo(8);

        assertThat(lab.guard).decided(Effect.CONTINUE, times(1));
    }

    @Test
    void embed_stopped_neverReachesTheProvider() {
        lab.close();
        lab = Lab.withRule("llm.call.pre", "action.model.startsWith(\"text-embedding\")", "stop");
        EmbeddingModel model = GuardedModels.embedding(lab.embedding().build(), lab.guard);

        assertThatThrownBy(() -> model.embed("text")).isInstanceOf(SpendDeniedException.class);

        assertThat(lab.provider.calls()).isEmpty();
    }

    @Test
    void embed_degraded_isRefused() {
        lab.close();
        lab = Lab.withRule("llm.call.pre", "true", "{decision: degrade, mutate: {modelAlias: foreign}}");
        EmbeddingModel model = GuardedModels.embedding(lab.embedding().build(), lab.guard);

        assertThatThrownBy(() -> model.embed("text")).isInstanceOf(SpendDeniedException.class);

        assertThat(lab.provider.calls()).isEmpty();
    }

    @Test
    void embed_withoutUsage_settlesAtTheEstimate() {
        lab.provider.reply(OpenAiReply.text("").withoutUsage());

        GuardedModels.embedding(lab.embedding().build(), lab.guard).embed("text");

        assertThat(lab.spent()).isEqualTo("0.00000002 USD");
    }

    @Test
    void embed_refusedByTheProviderUnbilled_givesTheHoldBack() {
        lab.provider.reply(OpenAiReply.unauthorized());
        EmbeddingModel model = GuardedModels.embedding(lab.embedding().build(), lab.guard);

        assertThatThrownBy(() -> model.embed("text")).isInstanceOf(AuthenticationException.class);

        assertThat(lab.guard).spent("0.00 USD");
    }

    @Test
    void embedding_wrappedTwice_isTheSame() {
        EmbeddingModel model = GuardedModels.embedding(lab.embedding().build(), lab.guard);

        assertThat(GuardedModels.embedding(model, lab.guard)).isSameAs(model);
    }
}
