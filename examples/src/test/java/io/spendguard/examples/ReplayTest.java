package io.spendguard.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayTest {
    @TempDir
    Path folder;

    @Test
    void play_fortyRecordedRuns_stopsFiveAndAccountsForEveryNano() {
        assertThat(Play.linesOf(new Replay(), folder))
                .containsExactly(
                        "40 recorded runs of an airline's agent, budget daily 5.00 USD, budget per-run 0.15 USD",
                        "  10 of 40 runs, 124 model calls, 57 tool calls, 0 stopped, 0.8451775 USD",
                        "  20 of 40 runs, 240 model calls, 114 tool calls, 1 stopped, 1.6693825 USD",
                        "  30 of 40 runs, 352 model calls, 165 tool calls, 2 stopped, 2.415565 USD",
                        "  40 of 40 runs, 478 model calls, 227 tool calls, 5 stopped, 3.30256 USD",
                        "  budget    runs  calls  stopped            spent       held        available",
                        "  per-run     40    478        5      3.30256 USD   0.00 USD      2.69744 USD",
                        "  daily       40    478        5      3.30256 USD   0.00 USD      1.69744 USD",
                        "replay: 5 of 40 runs stopped by their budget, spent 3.30256 USD; all calls recorded cost"
                                + " 3.5762975 USD",
                        "evidence: verified, 1459 events, 0 findings");
    }

    @Test
    void play_onAConsole_writesProgressOverOneLine() {
        String printed = Play.textOf(new Replay(), folder, true);

        String[] shown = printed.split("\r");
        assertThat(shown).hasSize(41);
        assertThat(shown[1])
                .isEqualTo("  1 of 40 runs, 15 model calls, 8 tool calls, 0 stopped, 0.1216225 USD        ");
        assertThat(shown[40]).startsWith("  40 of 40 runs, 478 model calls, 227 tool calls, 5 stopped, 3.30256 USD ");
        assertThat(shown[40].lines().toList().get(1)).startsWith("  budget ");
    }
}
