package io.spendguard.langchain4j;

import static io.spendguard.test.SpendAssertions.assertThat;
import static io.spendguard.test.SpendAssertions.times;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.AuthenticationException;
import dev.langchain4j.model.ModelProvider;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.embedding.request.EmbeddingRequest;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.output.TokenUsage;
import io.spendguard.model.Effect;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.model.Usage;
import io.spendguard.test.OpenAiReply;
import java.util.ArrayList;
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

    @Test
    void embedAll_splitBetweenTwoGates_isOneDecisionForAllItsParts() {
        lab.provider.reply(
                OpenAiReply.text("").withUsage(Usage.of(300, 0)),
                OpenAiReply.text("").withUsage(Usage.of(700, 0)));
        EmbeddingModel outer = GuardedModels.embedding(
                new Batching(GuardedModels.embedding(lab.embedding().build(), lab.guard), 1), lab.guard);

        outer.embedAll(List.of(TextSegment.from("one"), TextSegment.from("two")));

        assertThat(lab.provider.calls()).hasSize(2);
        // 300 and 700 tokens at 20 nanos
        assertThat(lab.guard).decided(Effect.CONTINUE, times(1)).spent("0.00002 USD");
    }

    @Test
    void embedAll_embeddedAgainBetweenTwoGates_isDecidedAndChargedAgain() {
        lab.provider.otherwise(COUNTED);
        EmbeddingModel outer = GuardedModels.embedding(
                new Batching(GuardedModels.embedding(lab.embedding().build(), lab.guard), 3), lab.guard);

        outer.embedAll(List.of(TextSegment.from("one"), TextSegment.from("two")));

        // Twice three times: the first of each text is a part of what was decided, and twice a text is more than that.
        assertThat(lab.provider.calls()).hasSize(6);
        assertThat(lab.guard).decided(Effect.CONTINUE, times(5)).spent("0.00012 USD");
    }

    @Test
    void embed_paidForButWithACountThatCannotBeRead_isNotLost() {
        EmbeddingModel odd = new Batching(lab.embedding().build(), 1) {
            @Override
            public Response<Embedding> embed(String text) {
                return Response.from(Embedding.from(new float[] {1}), new TokenUsage() {
                    @Override
                    public Integer inputTokenCount() {
                        throw new IllegalStateException("unreadable");
                    }
                });
            }
        };

        assertThat(GuardedModels.embedding(odd, lab.guard)
                        .embed("text")
                        .content()
                        .dimension())
                .isEqualTo(1);

        assertThat(lab.spent()).isEqualTo("0.00000002 USD");
    }

    /** Embeds a batch text by text, each so many times. */
    private static class Batching implements EmbeddingModel {
        private final EmbeddingModel delegate;
        private final int times;

        private Batching(EmbeddingModel delegate, int times) {
            this.delegate = delegate;
            this.times = times;
        }

        @Override
        public Response<List<Embedding>> embedAll(List<TextSegment> segments) {
            List<Embedding> all = new ArrayList<>();
            for (TextSegment segment : segments) {
                Embedding last = null;
                for (int time = 0; time < times; time++) {
                    last = delegate.embedAll(List.of(segment)).content().get(0);
                }
                all.add(last);
            }
            return Response.from(all);
        }

        @Override
        public String modelName() {
            return delegate.modelName();
        }

        @Override
        public ModelProvider provider() {
            return delegate.provider();
        }
    }
}
