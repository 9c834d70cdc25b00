package io.spendguard.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunawayTest {
    @TempDir
    Path folder;

    @Test
    void play_hundredCallsOnOneDollar_fiveReachTheProvider() {
        assertThat(Play.linesOf(new Runaway(), folder))
                .containsExactly(
                        "an agent that asks for 100 calls of gpt-4o, budget per-run 1.00 USD",
                        "  call 1: CONTINUE, 0.18 USD held",
                        "  call 2: CONTINUE, 0.18 USD held",
                        "  call 3: CONTINUE, 0.18 USD held",
                        "  call 4: CONTINUE, 0.18 USD held",
                        "  call 5: CONTINUE, 0.18 USD held",
                        "  call 6: STOP, BUDGET_EXHAUSTED: Budget 'per-run' cannot hold 0.18 USD: 0.10 USD available for"
                                + " run 'runaway'. Raise its limit or handle Stop.",
                        "  call 7: STOP, RUN_STOPPED: Run 'runaway' was stopped by decision ID (BUDGET_EXHAUSTED): a stop"
                                + " ends its run. Start a new run.",
                        "  budget per-run: 0.90 USD spent, 0.10 USD available of 1.00 USD",
                        "runaway: 5 of 100 calls reached the provider, spent 0.90 USD, stopped by BUDGET_EXHAUSTED",
                        "evidence: verified, 109 events, 0 findings");
    }
}
