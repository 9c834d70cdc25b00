package io.spendguard.jdbc.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
    private final StringWriter screen = new StringWriter();

    @Test
    void accept_eachThousand_writesOverTheLine() {
        ProgressBar bar = bar(40_000);

        for (int done = 1; done <= 10_000; done++) {
            bar.accept(done);
        }
        bar.end();

        assertThat(List.of(screen.toString().split("\r")))
                .hasSize(11)
                .contains("[##                            ]   7 %  3,000 of 40,000 events")
                .last()
                .isEqualTo("[#######                       ]  25 %  10,000 of 40,000 events" + System.lineSeparator());
    }

    @Test
    void accept_theLastOne_isFull_evenWhereMoreCameThanWasExpected() {
        bar(3).accept(3);
        bar(2).accept(2_000);

        assertThat(screen.toString())
                .isEqualTo("\r[" + "#".repeat(30) + "] 100 %  3 of 3 events\r[" + "#".repeat(30)
                        + "] 100 %  2,000 of 2,000 events");
    }

    @Test
    void end_whereNothingWasShown_leavesTheScreenAlone() {
        ProgressBar bar = bar(0);
        bar.accept(1);
        bar.end();

        assertThat(screen.toString()).isEmpty();
    }

    private ProgressBar bar(long total) {
        return new ProgressBar(new PrintWriter(screen), total, "events");
    }
}
