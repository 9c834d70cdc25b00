package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.decision.EvidenceExport;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Money;
import io.spendguard.model.Usage;
import io.spendguard.price.PriceBook;
import io.spendguard.proof.Ed25519Signer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContractDiffCommandTest {
    private static final String CONTRACT = """
            apiVersion: spendguard.ai/v1
            metadata: {name: daily, tenant: acme}
            spec:
              budgets:
                - {id: day, limit: 1.00 USD, window: {type: calendar_day, timezone: UTC}}
              rules:
                - {id: people, when: 'get(action.user, "") == "mallory"', effect: stop, reasonCode: PERSON}
                - {id: loops, when: has(run.steps) && run.steps >= 5, effect: stop, reasonCode: LOOP}
            """;

    @TempDir
    Path directory;

    private Path before;
    private Path evidence;

    @BeforeEach
    void record() throws IOException {
        before = Files.writeString(directory.resolve("old.yaml"), CONTRACT);
        evidence = directory.resolve("evidence.zip");
        Steady clock = new Steady();
        Ed25519Signer signer = Ed25519Signer.generate();
        try (Guard guard = Guard.builder()
                .contract(Contract.load(before))
                .ledger(new InMemoryLedger(clock))
                .clock(clock)
                .signer(signer)
                .build()) {
            for (int i = 0; i < 4; i++) {
                clock.tick();
                Action tool = Action.toolCall("report")
                        .run("r1")
                        .cost(Money.parse("0.30 USD"))
                        .build();
                // What it did cost is less than its hold, except for the last one, which does not fit any more.
                Decision decision = guard.decide(tool);
                if (decision instanceof Decision.Allowed allowed) {
                    clock.tick();
                    allowed.permit().commit(Money.parse("0.25 USD"));
                }
            }
            clock.tick();
            guard.decide(Action.llmCall("openai", "gpt-4o")
                            .inputTokens(100)
                            .maxOutputTokens(100)
                            .run("r2")
                            .label("team", "search")
                            .build())
                    .orThrow()
                    .commit(Usage.of(100, 50));
            clock.tick();
            guard.decide(Action.toolCall("report").user("mallory").build());
            EvidenceExport.from(guard.ledger()).priceBook(PriceBook.bundled()).write(signer, clock, evidence);
        }
    }

    @Test
    void diff_sameMeaning_exitsZero() throws IOException {
        Path same = Files.writeString(directory.resolve("same.yaml"), "# a comment\n" + CONTRACT);

        Console console = Console.run("contract", "diff", before.toString(), same.toString());

        assertThat(console.out()).isEqualTo("contract diff: same meaning\n");
        assertThat(console.exitCode()).isZero();
    }

    @Test
    void diff_changes_areListed() throws IOException {
        Console console = diff(CONTRACT.replace("1.00 USD", "2.00 USD").replace("steps >= 5", "steps >= 9"));

        assertThat(console.exitCode()).isEqualTo(1);
        assertThat(console.out()).isEqualTo("""
                budget day: limit: 1.00 USD -> 2.00 USD
                rule loops: when: has(run.steps) && run.steps >= 5 -> has(run.steps) && run.steps >= 9
                contract diff: 2 changes
                """);
    }

    @Test
    void replay_lowerLimit_listsWhatItWouldHaveRefused() throws IOException {
        Console console = diff(CONTRACT.replace("1.00 USD", "0.70 USD"), "--replay", evidence.toString());

        assertThat(console.err()).isEmpty();
        assertThat(console.out())
                .contains(", report of run 'r1': continue -> stop: BUDGET_EXHAUSTED: Budget 'day' cannot hold 0.30 USD:"
                        + " 0.20 USD available until 2026-11-24T00:00:00Z. Raise its limit or handle Stop.\n")
                .contains(
                        "\ncontinue -> stop: 1 decisions\nreplay: 1 of 5 decisions would be others; 1 cannot be told, because the evidence holds too"
                                + " little for them; 0 are of other contracts\n");
    }

    @Test
    void replay_higherLimitAndRuleOnLabels_listsBothWays() throws IOException {
        Console console = diff(
                CONTRACT.replace("1.00 USD", "5.00 USD")
                        + "    - {id: search, when: 'get(labels.team, \"\") == \"search\"', effect: skip, reasonCode: TEAM}\n",
                "--replay",
                evidence.toString());

        assertThat(console.out())
                .contains(
                        ", report of run 'r1': stop -> continue\n",
                        ", openai/gpt-4o of run 'r2': continue -> skip: TEAM (search): ",
                        "replay: 2 of 5 decisions would be others; 1 cannot be told");
    }

    @Test
    void replay_manyDifferences_showsTwentyAndCountsAll() throws IOException {
        Steady clock = new Steady();
        try (Guard guard = Guard.builder()
                .contract(Contract.load(before))
                .ledger(new InMemoryLedger(clock))
                .clock(clock)
                .signer(Ed25519Signer.generate())
                .build()) {
            for (int i = 0; i < 23; i++) {
                clock.tick();
                guard.decide(Action.toolCall("report").build()).orThrow().release("free");
            }
            EvidenceExport.from(guard.ledger())
                    .priceBook(PriceBook.bundled())
                    .write(Ed25519Signer.generate(), clock, directory.resolve("many.zip"));
        }

        Console console = diff(
                CONTRACT + "    - {id: all, when: has(action.tool), effect: skip, reasonCode: ALL}\n",
                "--replay",
                directory.resolve("many.zip").toString());

        assertThat(console.out().lines().filter(line -> line.startsWith("decision ")))
                .hasSize(20);
        assertThat(console.out())
                .contains("and 3 decisions more; --json lists all\ncontinue -> skip: 23 decisions\nreplay: 23 of 23 ");
    }

    @Test
    void replay_json_holdsBothAnswers() throws IOException {
        Console console = diff(CONTRACT.replace("1.00 USD", "0.70 USD"), "--replay", evidence.toString(), "--json");

        JsonObject replay = JsonObject.parse(console.out().strip().getBytes(StandardCharsets.UTF_8))
                .object("replay");
        assertThat(replay.integer("replayed")).isEqualTo(5);
        assertThat(replay.integer("notReproduced")).isEqualTo(1);
        assertThat(replay.object("transitions").integer("continue -> stop")).isEqualTo(1);
        JsonObject only = replay.objects("differences").get(0);
        assertThat(only.object("before").string("outcome")).isEqualTo("continue");
        assertThat(only.object("after").string("outcome")).isEqualTo("stop");
    }

    @Test
    void replay_otherContractsDecisions_areNotCompared() throws IOException {
        Path other = Files.writeString(directory.resolve("other.yaml"), CONTRACT.replace("1.00 USD", "9.00 USD"));

        Console console =
                Console.run("contract", "diff", other.toString(), before.toString(), "--replay", evidence.toString());

        assertThat(console.out()).contains("replay: 0 of 0 decisions would be others; 0 cannot be told");
        assertThat(console.out()).contains("; 6 are of other contracts\n");
    }

    @Test
    void replay_noPackage_cannotRun() throws IOException {
        Console console = diff(CONTRACT, "--replay", before.toString());

        assertThat(console.exitCode()).isEqualTo(2);
        assertThat(console.err()).startsWith("spendguard: Evidence package ").contains("old.yaml");
    }

    private Console diff(String after, String... options) throws IOException {
        Path file = Files.writeString(directory.resolve("new.yaml"), after);
        String[] args = new String[4 + options.length];
        System.arraycopy(new String[] {"contract", "diff", before.toString(), file.toString()}, 0, args, 0, 4);
        System.arraycopy(options, 0, args, 4, options.length);
        return Console.run(args);
    }

    /** Stands until it is told to go on. */
    private static final class Steady extends Clock {
        private Instant now = Console.NOW;

        private void tick() {
            now = now.plus(Duration.ofSeconds(1));
        }

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
