package io.spendguard.jdbc.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.LongConsumer;

/** One line of a terminal that is written over again as work goes on: {@code [#########           ]  45 %  45,000 of 100,000 events}. */
final class ProgressBar implements LongConsumer {
    private static final int WIDTH = 30;
    /** Writing it more often would be most of the work. */
    private static final int STEP = 1_000;

    private final PrintWriter terminal;
    private final long total;
    private final String what;
    private boolean isShown;

    /**
     * Shows nothing yet.
     *
     * @param total how much is expected, 0 or more; there may be more, or less
     * @param what the plural of what is counted
     */
    ProgressBar(PrintWriter terminal, long total, String what) {
        this.terminal = terminal;
        this.total = total;
        this.what = what;
    }

    /** Takes how much is done. */
    @Override
    public void accept(long done) {
        if (done % STEP == 0 || done == total) {
            isShown = true;
            terminal.print("\r" + text(done));
            terminal.flush();
        }
    }

    /** What comes next stands on a line of its own. */
    void end() {
        if (isShown) {
            isShown = false;
            terminal.println();
        }
    }

    private String text(long done) {
        long whole = Math.max(total, done);
        int filled = (int) (done * WIDTH / whole);
        return String.format(
                Locale.ROOT,
                "[%s%s] %3d %%  %,d of %,d %s",
                "#".repeat(filled),
                " ".repeat(WIDTH - filled),
                done * 100 / whole,
                done,
                whole,
                what);
    }
}
