package io.spendguard.examples;

import io.spendguard.model.IdSource;
import io.spendguard.model.SpendGuardException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Iterator;
import java.util.List;

/** Plays the demos by name: {@code mvn -q -Pdemo verify [-Ddemo=NAME] [-Ddemo.url=JDBC-URL]}. */
public final class Demos {
    /** Every demo there is, in the order they play in; the agents' are in modules of their own. */
    private static final List<String> NAMES = List.of("runaway", "replay", "agent_langchain4j", "agent_spring_ai");

    private static final List<Demo> OWN = List.of(new Runaway(), new Replay());
    private static final Path CONTRACTS = Path.of("contracts");
    private static final Path EVIDENCE = Path.of("target", "evidence");

    private static final int SHOWN = 0;
    private static final int FAILED = 1;
    private static final int MISUSED = 2;

    private Demos() {}

    /**
     * Plays and exits: 0 when all was shown, 1 when a demo failed, 2 when the arguments name none.
     *
     * @param args a demo's name or {@code all}, and {@code --url JDBC-URL} of a database whose owner that URL logs in as;
     *     without it, or with an empty one, the demos start a PostgreSQL of their own
     */
    public static void main(String[] args) {
        playAndExit(args, OWN);
    }

    /** As {@link #main}, with the demos of one module: it keeps silent when another module's was named. */
    public static void playAndExit(String[] args, List<Demo> own) {
        System.exit(play(args, own, System.out, System.err));
    }

    static int play(String[] args, List<Demo> own, PrintStream out, PrintStream err) {
        String name = "all";
        String url = "";
        for (Iterator<String> rest = List.of(args).iterator(); rest.hasNext(); ) {
            String arg = rest.next();
            if (arg.startsWith("--url=")) {
                url = arg.substring("--url=".length());
            } else if (arg.equals("--url") && rest.hasNext()) {
                url = rest.next();
            } else {
                name = arg;
            }
        }
        if (!name.equals("all") && !NAMES.contains(name)) {
            err.println(
                    "Demo '" + name + "' does not exist: there are " + names() + ", or all of them. Say -Ddemo=NAME.");
            return MISUSED;
        }
        List<Demo> chosen = named(name, own);
        if (chosen.isEmpty()) {
            return SHOWN;
        }
        try {
            DemoDatabase database = url.isEmpty() ? DemoDatabase.embedded() : DemoDatabase.at(url);
            Stage stage = new Stage(
                    database::openLedger, CONTRACTS, EVIDENCE, out, isConsole(), Clock.systemUTC(), IdSource.system());
            stage.tell("ledger: %s", database);
            for (Demo demo : chosen) {
                stage.tell("");
                demo.play(stage);
            }
            return SHOWN;
        } catch (DemoFailedException | SpendGuardException failed) {
            err.println(failed.getMessage());
            return FAILED;
        }
    }

    /** Null still means none, as the profile that plays the demos sets {@code jdk.console=java.base}. */
    @SuppressWarnings("SystemConsoleNull")
    private static boolean isConsole() {
        return System.console() != null;
    }

    private static List<Demo> named(String name, List<Demo> own) {
        return own.stream()
                .filter(demo -> name.equals("all") || demo.name().equals(name))
                .toList();
    }

    private static String names() {
        return String.join(", ", NAMES.subList(0, NAMES.size() - 1)) + " and " + NAMES.get(NAMES.size() - 1);
    }
}
