package io.spendguard.examples;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.ledger.InMemoryLedger;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.Action;
import io.spendguard.model.Usage;
import io.spendguard.proof.Ed25519Signer;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.function.Function;

/**
 * What the guard adds to a chat call through a framework's adapter, when the model itself answers at once: against the bare
 * model, and against deciding and committing by hand. All are measured in turn, in blocks, in one run; p50 of each.
 */
public abstract class ChatBench implements Bench {
    private static final int BLOCKS = 20;
    private static final Duration WARM_UP = Duration.ofSeconds(6);
    private static final int CALLS = 100;
    private static final double MICRO = 1_000.0;

    private static final Contract CONTRACT = Contract.parse("""
            apiVersion: spendguard.ai/v1
            kind: Contract
            metadata: {name: bench, tenant: bench}
            spec:
              budgets:
                - {id: daily, limit: 1000000.00 USD, window: {type: calendar_day, timezone: UTC}}
            """, "bench.yaml");

    /** For the frameworks. */
    protected ChatBench() {}

    /** One call of the bare model. */
    protected abstract Runnable bare();

    /** One call of the model behind the guard. */
    protected abstract Runnable guarded(Guard guard);

    @Override
    public final void run(BenchReport report) {
        DemoDatabase database = DemoDatabase.embedded();
        try (Guard inMemory = guard(new InMemoryLedger(Clock.systemUTC()));
                Guard onPostgres = guard(database.openLedger())) {
            report.conditions(database.toString().replaceFirst(",.*", ""));
            Function<Guard, Runnable> byHand = guard -> () -> guard.decide(Action.llmCall("openai", "gpt-4o")
                            .inputTokens(20)
                            .maxOutputTokens(500)
                            .build())
                    .orThrow()
                    .commit(Usage.of(12, 3));
            double[] medians = measure(
                    bare(), guarded(inMemory), byHand.apply(inMemory), guarded(onPostgres), byHand.apply(onPostgres));
            report.figure("bare model, p50", medians[0], "us");
            report.figureBelow("guarded - bare, in memory, p50", medians[1] - medians[0], 100, "us");
            report.figure("decide + commit by hand, in memory, p50", medians[2], "us");
            report.figure("the adapter's own share, in memory, p50", medians[1] - medians[0] - medians[2], "us");
            report.figure("decide + commit by hand, PostgreSQL, p50", medians[4], "us");
            report.ratioAtMost("guarded / decide + commit by hand, PostgreSQL", medians[3] / medians[4], 1.3);
        }
    }

    private static Guard guard(Ledger ledger) {
        return Guard.builder()
                .contract(CONTRACT)
                .ledger(ledger)
                .signer(Ed25519Signer.generate())
                .build();
    }

    /** The median of each, in microseconds. Each first runs for a while, as a service would have: until compiled. */
    private static double[] measure(Runnable... variants) {
        for (Runnable variant : variants) {
            long from = System.nanoTime();
            while (System.nanoTime() - from < WARM_UP.toNanos()) {
                variant.run();
            }
        }
        long[][] nanos = new long[variants.length][BLOCKS * CALLS];
        for (int block = 0; block < BLOCKS; block++) {
            for (int variant = 0; variant < variants.length; variant++) {
                for (int call = 0; call < CALLS; call++) {
                    long from = System.nanoTime();
                    variants[variant].run();
                    nanos[variant][block * CALLS + call] = System.nanoTime() - from;
                }
            }
        }
        return Arrays.stream(nanos)
                .mapToDouble(all -> Arrays.stream(all)
                                .sorted()
                                .skip(all.length / 2)
                                .findFirst()
                                .orElseThrow()
                        / MICRO)
                .toArray();
    }
}
