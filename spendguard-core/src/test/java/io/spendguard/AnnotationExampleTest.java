package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Amount;
import io.spendguard.model.Guarded;
import io.spendguard.proof.Ed25519Signer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The example of docs/annotation.md, which is the regions between the tags. */
class AnnotationExampleTest {
    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-23T12:00:00Z"), ZoneOffset.UTC);

    // tag::tool[]
    interface WebSearch {
        @Guarded(cost = "2 credits.search", per = "pages", labels = "team=research", fallback = "cached")
        List<String> search(String query, int pages);

        default List<String> cached(String query, int pages) {
            return List.of();
        }
    }
    // end::tool[]

    @Test
    void example_asInTheDocument_chargesAndFallsBack() {
        try (Guard guard = guard()) {
            WebSearch live = (query, pages) -> List.of(query);

            // tag::use[]
            WebSearch search = GuardedProxy.of(WebSearch.class, live, guard);
            List<String> found = search.search("solar panels", 3); // 6 of 10 credits
            List<String> refused = search.search("wind turbines", 3); // 4 are left: the fallback
            // end::use[]

            assertThat(found).containsExactly("solar panels");
            assertThat(refused).isEmpty();
            assertThat(guard.balances("acme"))
                    .extracting(balance -> balance.budgetId() + ": " + balance.spent())
                    .containsExactly("search: " + Amount.parse("6 credits.search"));
        }
    }

    @Test
    void document_showsWhatRunsHere() throws IOException {
        String here = Files.readString(Path.of("src/test/java/io/spendguard/AnnotationExampleTest.java"));
        String document = Files.readString(Path.of("../docs/annotation.md"));

        assertThat(document)
                .contains("```java\n" + region(here, "tool") + "\n" + region(here, "use") + "```")
                .contains("```yaml\n" + CONTRACT + "```");
    }

    private static String region(String source, String name) {
        String begin = "// tag::" + name + "[]\n";
        int from = source.indexOf(begin) + begin.length();
        String region = source.substring(from, source.indexOf("// end::" + name + "[]"));
        return region.stripIndent().stripTrailing() + "\n";
    }

    private static final String CONTRACT = """
            apiVersion: spendguard.ai/v1
            metadata: {name: tools, tenant: acme}
            spec:
              budgets:
                - {id: search, limit: 10 credits.search, window: {type: calendar_day, timezone: UTC}}
            """;

    private static Guard guard() {
        return Guard.builder()
                .contract(Contract.parse(CONTRACT, "tools.yaml"))
                .ledger(new InMemoryLedger(NOON))
                .signer(Ed25519Signer.generate())
                .clock(NOON)
                .build();
    }
}
