package io.spendguard.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayTest {
    @TempDir
    Path folder;

    @Test
    void play_fortyRecordedRuns_stopsSevenAndAccountsForEveryNano() {
        assertThat(Play.linesOf(new Replay(), folder))
                .containsExactly(
                        "40 recorded runs of an airline's agent, budget daily 5.00 USD, budget per-run 0.14 USD",
                        "  10 of 40 runs, 123 model calls, 57 tool calls, 1 stopped, 0.8325275 USD",
                        "  20 of 40 runs, 237 model calls, 113 tool calls, 3 stopped, 1.6284925 USD",
                        "  30 of 40 runs, 348 model calls, 164 tool calls, 4 stopped, 2.3605325 USD",
                        "  40 of 40 runs, 471 model calls, 224 tool calls, 7 stopped, 3.21012 USD",
                        "  budget    runs  calls  stopped            spent       held        available",
                        "  per-run     40    471        7      3.21012 USD   0.00 USD      2.38988 USD",
                        "  daily       40    471        7      3.21012 USD   0.00 USD      1.78988 USD",
                        "replay: 7 of 40 runs stopped by their budget, spent 3.21012 USD; all calls recorded cost"
                                + " 3.5762975 USD",
                        "evidence: verified, 1441 events, 0 findings");
    }

    @Test
    void play_onAConsole_writesProgressOverOneLine() {
        String printed = Play.textOf(new Replay(), folder, true);

        String[] shown = printed.split("\r");
        assertThat(shown).hasSize(41);
        assertThat(shown[1])
                .isEqualTo("  1 of 40 runs, 15 model calls, 8 tool calls, 0 stopped, 0.1216225 USD        ");
        assertThat(shown[40]).startsWith("  40 of 40 runs, 471 model calls, 224 tool calls, 7 stopped, 3.21012 USD ");
        assertThat(shown[40].lines().toList().get(1)).startsWith("  budget ");
    }
}
