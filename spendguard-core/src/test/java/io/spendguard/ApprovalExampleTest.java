package io.spendguard;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.contract.Contract;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Approver;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Decision;
import io.spendguard.model.Money;
import io.spendguard.proof.Ed25519Signer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The example of approvals in docs/contract.md, which is the region between the tags. */
class ApprovalExampleTest {
    private static final String CONTRACT = """
            apiVersion: spendguard.ai/v1
            metadata: {name: wires, tenant: acme}
            spec:
              budgets:
                - {id: day, limit: 100.00 USD, window: {type: calendar_day, timezone: UTC}}
              rules:
                - id: money_leaves
                  at: [tool.call.pre]
                  when: action.tool == "wire"
                  effect: {decision: require_approval, approval: {role: team-lead, ttl: PT4H, fallback: stop}}
                  reasonCode: MONEY_LEAVES
            """;

    @Test
    void example_asInTheDocument_asksAndRunsUponTheApproval() {
        List<String> wired = new ArrayList<>();
        try (Guard guard = Guard.builder()
                .contract(Contract.parse(CONTRACT, "wires.yaml"))
                .ledger(new InMemoryLedger(Clock.systemUTC()))
                .signer(Ed25519Signer.generate())
                .build()) {
            // tag::approval[]
            Action wire = Action.toolCall("wire")
                    .key("invoice-17")
                    .cost(Money.parse("1.50 USD"))
                    .build();
            if (guard.decide(wire) instanceof Decision.RequireApproval) {
                // Keep the action, tell a team lead, and once he has answered, in this process or another:
                guard.approve(
                        "acme", "invoice-17", new Approver("Lea", ApproverRole.TEAM_LEAD), "agreed with the supplier");
            }
            if (guard.decide(wire) instanceof Decision.Allowed allowed) {
                wired.add("invoice-17");
                allowed.permit().commit(Money.parse("1.50 USD"));
            }
            // end::approval[]

            assertThat(wired).containsExactly("invoice-17");
            assertThat(guard.balances("acme").get(0).spent()).hasToString("1.50 USD");
        }
    }

    @Test
    void document_showsWhatRunsHere() throws IOException {
        String here = Files.readString(Path.of("src/test/java/io/spendguard/ApprovalExampleTest.java"));
        String begin = "// tag::approval[]\n";
        String region = here.substring(here.indexOf(begin) + begin.length(), here.indexOf("// end::approval[]"));

        assertThat(Files.readString(Path.of("../docs/contract.md")))
                .contains("```java\n" + region.stripIndent().stripTrailing() + "\n```")
                .contains("```yaml\n" + CONTRACT + "```");
    }
}
