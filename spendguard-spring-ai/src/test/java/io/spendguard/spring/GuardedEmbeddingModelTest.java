package io.spendguard.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.model.Amount;
import io.spendguard.model.SpendDeniedException;
import io.spendguard.model.Usage;
import io.spendguard.test.OpenAiReply;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.Embedding;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingOptions;
import org.springframework.ai.embedding.EmbeddingRequest;
import org.springframework.ai.embedding.EmbeddingResponse;
import org.springframework.ai.embedding.TokenCountBatchingStrategy;

class GuardedEmbeddingModelTest {
    @Test
    void everyEntryPoint_isDecidedAndSettled() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            EmbeddingModel model = bench.embeddings();

            model.call(new EmbeddingRequest(List.of("one"), null));
            model.embed("one");
            model.embed(new Document("one"));
            model.embed(List.of("one", "two"));
            model.embed(List.of(new Document("one")), null, new TokenCountBatchingStrategy());
            model.embedForResponse(List.of("one"));
            model.dimensions();
            model.dimensions();

            assertThat(bench.provider.calls()).hasSize(7);
            assertThat(bench.events()).filteredOn("llm_call continue"::equals).hasSize(7);
            assertThat(bench.events()).filteredOn("COMMITTED"::equals).hasSize(5);
            assertThat(bench.events()).filteredOn("COMMITTED estimated"::equals).hasSize(2);
            assertThat(bench.held()).isEqualTo(Amount.parse("0.00 USD"));
        }
    }

    @Test
    void everyEntryPoint_refused_neverReachesTheProvider() {
        try (Bench bench = new Bench(Bench.contract(Bench.rule("llm.call.pre", "stop")))) {
            EmbeddingModel model = bench.embeddings();

            assertRefused(() -> model.call(new EmbeddingRequest(List.of("one"), null)));
            assertRefused(() -> model.embed("one"));
            assertRefused(() -> model.embed(new Document("one")));
            assertRefused(() -> model.embed(List.of("one")));
            assertRefused(() -> model.embed(List.of(new Document("one")), null, new TokenCountBatchingStrategy()));
            assertRefused(() -> model.embedForResponse(List.of("one")));
            assertRefused(model::dimensions);
            assertThat(bench.provider.calls()).isEmpty();
        }
    }

    @Test
    void embed_degradedToAnotherModel_stops() {
        try (Bench bench =
                new Bench(Bench.contract(Bench.rule("llm.call.pre", "{decision: degrade, mutate: {modelAlias: cheap}}"))
                        .replace("gpt-4o-mini}", "text-embedding-free}"))) {
            EmbeddingModel model = bench.embeddings();

            assertRefused(() -> model.embed("one"));
            assertThat(bench.provider.calls()).isEmpty();
        }
    }

    @Test
    void call_splitBetweenTwoGates_isOneDecisionForAllItsParts() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.reply(
                    OpenAiReply.text("").withUsage(Usage.of(300, 0)),
                    OpenAiReply.text("").withUsage(Usage.of(700, 0)));
            EmbeddingModel outer = bench.decorator.guardEmbeddingModel(new Batching(bench.embeddings(), 1), "openai");

            outer.embed(List.of("one", "two"));

            assertThat(bench.provider.calls()).hasSize(2);
            assertThat(bench.events()).containsExactly("llm_call continue", "COMMITTED");
            // 300 and 700 tokens at 20 nanos
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.00002 USD"));
        }
    }

    @Test
    void call_embeddedAgainBetweenTwoGates_isDecidedAndChargedAgain() {
        try (Bench bench = new Bench(Bench.contract(""))) {
            bench.provider.otherwise(OpenAiReply.text("").withUsage(Usage.of(1_000, 0)));
            EmbeddingModel outer = bench.decorator.guardEmbeddingModel(new Batching(bench.embeddings(), 3), "openai");

            outer.embed(List.of("one", "two"));

            // Six calls: two fit what was decided, the other four are decided by themselves.
            assertThat(bench.provider.calls()).hasSize(6);
            assertThat(bench.events()).filteredOn("llm_call continue"::equals).hasSize(5);
            assertThat(bench.spent()).isEqualTo(Amount.parse("0.00012 USD"));
        }
    }

    /** Embeds a batch text by text, each so many times. */
    private record Batching(EmbeddingModel delegate, int times) implements EmbeddingModel {
        @Override
        public EmbeddingResponse call(EmbeddingRequest request) {
            List<Embedding> all = new ArrayList<>();
            for (String text : request.getInstructions()) {
                EmbeddingResponse last = null;
                for (int time = 0; time < times; time++) {
                    last = delegate.call(new EmbeddingRequest(List.of(text), request.getOptions()));
                }
                all.addAll(last.getResults());
            }
            return new EmbeddingResponse(all);
        }

        @Override
        public float[] embed(Document document) {
            return delegate.embed(document);
        }

        /** As Spring AI's own models have it: where the gate learns the model's name. */
        @SuppressWarnings("UnusedMethod")
        EmbeddingOptions getOptions() {
            return EmbeddingOptions.builder().model("text-embedding-3-small").build();
        }
    }

    private static void assertRefused(Runnable call) {
        assertThatThrownBy(call::run).isInstanceOf(SpendDeniedException.class);
    }
}
