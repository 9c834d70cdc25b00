package io.spendguard.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.spendguard.model.Amount;
import io.spendguard.model.SpendDeniedException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.ai.document.Document;
import org.springframework.ai.embedding.EmbeddingModel;
import org.springframework.ai.embedding.EmbeddingRequest;
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

    private static void assertRefused(Runnable call) {
        assertThatThrownBy(call::run).isInstanceOf(SpendDeniedException.class);
    }
}
