package io.spendguard.examples;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Prints one line per figure as it is known, and afterwards writes all of them as a table between the markers
 * {@code <!-- bench:NAME -->} and {@code <!-- /bench:NAME -->} of a page.
 */
public final class BenchReport {
    private final String name;
    private final PrintStream out;
    private final List<String> rows = new ArrayList<>();
    private String conditions = "";

    BenchReport(String name, PrintStream out) {
        this.name = name;
        this.out = out;
    }

    /** What else the figures depend on, beside machine and JDK. */
    public void conditions(String text) {
        conditions = ", " + text;
    }

    /** A figure of this machine. */
    public void figure(String figure, double value, String unit) {
        out.printf(Locale.ROOT, "figure %s %s %s%n", figure, text(value), unit);
        rows.add("| " + figure + " | " + text(value) + " " + unit + " | |");
    }

    /** A ratio without a goal. */
    public void ratio(String ratio, double value) {
        out.printf(Locale.ROOT, "ratio %s %s%n", ratio, text(value));
        rows.add("| " + ratio + " | " + text(value) + " | |");
    }

    /** A ratio that is to be at most so much. */
    public void ratioAtMost(String ratio, double value, double most) {
        goal("ratio", ratio, value, "", "<= " + text(most), value <= most);
    }

    /** A ratio that is to be at least so much. */
    public void ratioAtLeast(String ratio, double value, double least) {
        goal("ratio", ratio, value, "", ">= " + text(least), value >= least);
    }

    /** A figure that is to be less than so much. */
    public void figureBelow(String figure, double value, double limit, String unit) {
        goal("figure", figure, value, " " + unit, "< " + text(limit), value < limit);
    }

    /** A figure that is to be at least so much. */
    public void figureAtLeast(String figure, double value, double least, String unit) {
        goal("figure", figure, value, " " + unit, ">= " + text(least), value >= least);
    }

    private void goal(String kind, String of, double value, String unit, String goal, boolean isMet) {
        String answer = isMet ? "met" : "MISSED";
        out.printf(Locale.ROOT, "%s %s %s%s%n", kind, of, text(value), unit);
        out.printf(Locale.ROOT, "goal %s %s: %s%n", of, goal, answer);
        rows.add("| " + of + " | " + text(value) + unit + " | " + goal + ": " + answer + " |");
    }

    /** Replaces the table of this benchmark in a page that has its markers. */
    void writeTo(Path page) throws IOException {
        String begin = "<!-- bench:" + name + " -->";
        String end = "<!-- /bench:" + name + " -->";
        String text = Files.readString(page);
        int from = text.indexOf(begin);
        int until = text.indexOf(end);
        if (from < 0 || until < from) {
            throw new IOException("the page has no markers " + begin + " and " + end);
        }
        String table = begin + "\n" + LocalDate.now(ZoneOffset.UTC) + ", "
                + Runtime.getRuntime().availableProcessors() + " cores, JDK " + Runtime.version() + conditions
                + ", `mvn -q -Pbench verify -Dbench=" + name + "`\n\n| figure | measured | goal |\n|---|---|---|\n"
                + String.join("\n", rows) + "\n";
        Files.writeString(page, text.substring(0, from) + table + text.substring(until));
    }

    private static String text(double value) {
        double size = Math.abs(value);
        String format = size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f";
        return String.format(Locale.ROOT, format, value);
    }
}
