package io.spendguard.examples;

import static io.spendguard.model.Decision.Accept.ACCEPT_DEGRADE;
import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Permit;
import io.spendguard.model.Usage;
import io.spendguard.proof.Anchors;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.Database;
import io.spendguard.test.EmbeddedPostgres;
import java.nio.file.Path;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's example, which is the region between the tags. */
class QuickstartTest {
    @TempDir
    Path folder;

    @Test
    void quickstart_asInTheReadme_commitsWhatTheCallCost() {
        try (Database database = EmbeddedPostgres.shared().newDatabase()) {
            DataSource owner = database.adminDataSource();
            PostgresLedger.migrate(owner);
            DataSource application = database.dataSourceFor("my_app", "spendguard_app");
            Path contract = Path.of("contracts", "quickstart.yaml");
            Path key = folder.resolve("signing-key.pem");
            Path anchors = folder.resolve("trusted.anchors");
            Provider provider = call ->
                    new Reply("Good morning.", Usage.of(call.inputTokens().orElseThrow(), 300));

            // tag::quickstart[]
            try (Guard guard = Guard.builder()
                    .contract(Contract.load(contract))
                    .ledger(PostgresLedger.open(application))
                    .signer(Ed25519Signer.loadOrCreate(key, anchors))
                    .build()) {
                Action call = Action.llmCall("openai", "gpt-4o")
                        .run("run-42")
                        .inputTokens(1_200)
                        .maxOutputTokens(800)
                        .build();
                Permit permit = guard.decide(call).orThrow(ACCEPT_DEGRADE);
                Reply reply = provider.call(permit.effective());
                permit.commit(reply.usage());
            }
            // end::quickstart[]

            assertThat(Anchors.load(anchors).keys()).hasSize(1);
            try (Guard guard = Guard.builder()
                    .contract(Contract.load(contract))
                    .ledger(PostgresLedger.open(application))
                    .signer(Ed25519Signer.generate())
                    .build()) {
                // 1,200 input tokens at 2.50 USD and 300 output tokens at 10.00 USD per million
                assertThat(guard.balances("acme"))
                        .extracting(balance -> balance.budgetId() + " " + balance.key() + ": " + balance.spent())
                        .containsExactly("daily : 0.006 USD", "per-run run-42: 0.006 USD");
            }
        }
    }

    private interface Provider {
        Reply call(Action action);
    }

    private record Reply(String text, Usage usage) {}
}
