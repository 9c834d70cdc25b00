package io.spendguard.verify;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.model.Money;
import io.spendguard.model.Usage;
import io.spendguard.price.Price;
import io.spendguard.price.PriceBook;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The facts of a package of half a gigabyte, in a heap that would not hold its ids. */
class FactsHeapTest {
    private static final int DECISIONS = 150_000;

    @TempDir
    private Path directory;

    @Test
    void tell_factsBeyondTheHeap_findsTheOneThatIsWrong() throws Exception {
        Process child = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElse("java"),
                        "-Xmx16m",
                        "-XX:+UseSerialGC",
                        "-XX:+ExitOnOutOfMemoryError",
                        "-Djava.io.tmpdir=" + directory,
                        "-cp",
                        System.getProperty("java.class.path"),
                        Child.class.getName())
                .redirectErrorStream(true)
                .start();
        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(child.waitFor()).as(said).isZero();
        assertThat(said.strip()).isEqualTo("""
                        on disk: true, derived: 150000, given: 0, unproved: 0, open holds: 1, findings: 2
                        EVENT_DUPLICATED events/acme/00000000-0000-0001-0000-000000000001.jsonl:300002
                        DECISION_TWICE events/acme/00000000-0000-0001-0000-000000000001.jsonl:300002""");
        assertThat(directory).isEmptyDirectory();
    }

    /** All decisions first, so that none of them is settled soon. */
    static final class Child {
        private static final UUID STREAM = new UUID(1, 1);
        private static final UUID ACCOUNT = new UUID(2, 2);

        private Child() {}

        public static void main(String[] args) throws IOException {
            Price price =
                    PriceBook.bundled().find("openai", "gpt-4o", Specimen.NOW).orElseThrow();
            Usage usage = Usage.of(1_000, 100);
            Money cost = price.costRoundedUp(usage);
            Findings findings = new Findings();
            DecisionBook decisions = new DecisionBook(new Scope(), findings);
            CostBook costs = new CostBook(findings);
            try (FactSpool spool = FactSpool.create()) {
                Facts facts = new Facts(spool);
                for (int i = 0; i <= DECISIONS; i++) {
                    Place place = event(facts, i + 1);
                    facts.decision(
                            place,
                            decision(i),
                            Specimen.NOW,
                            null,
                            true,
                            null,
                            List.of(new EntryLine(ACCOUNT, "HELD", 5)));
                    facts.rate(place, decision(i), new Rate(price, true));
                }
                for (int i = 0; i < DECISIONS; i++) {
                    Place place = event(facts, DECISIONS + 2 + i);
                    facts.outcome(
                            place,
                            decision(i),
                            DecisionBook.Outcome.settled(place.event()),
                            List.of(new EntryLine(ACCOUNT, "HELD", -5), new EntryLine(ACCOUNT, "SPENT", 5)));
                    facts.cost(place, decision(i), usage, cost);
                }
                Place again = new Place(place(1).file(), 2 * DECISIONS + 2, "acme", STREAM, 0, place(1).event());
                facts.event(again, place(1).event());
                facts.decision(again, decision(0), Specimen.NOW, null, true, null, List.of());
                facts.tell(
                        new IdBook(findings),
                        new KeyBook(findings),
                        decisions,
                        costs,
                        new ApprovalBook(new ContractBook(new Scope(), findings), decisions, findings));
                System.out.println("on disk: " + spool.isOnDisk() + ", derived: " + costs.derived() + ", given: "
                        + costs.given() + ", unproved: " + costs.unproved() + ", open holds: " + decisions.openHolds()
                        + ", findings: " + findings.count());
            }
            findings.inOrder().forEach(finding -> System.out.println(finding.code() + " " + finding.place()));
        }

        private static Place event(Facts facts, int line) {
            Place place = place(line);
            facts.event(place, place.event());
            return place;
        }

        private static Place place(int line) {
            return new Place("events/acme/" + STREAM + ".jsonl", line, "acme", STREAM, line, new UUID(0x7000L, line));
        }

        private static UUID decision(int number) {
            return new UUID(0x7001L, number);
        }
    }
}
