package io.spendguard.examples;

import io.spendguard.model.IdSource;
import io.spendguard.model.SpendGuardException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;

/** Plays the demos by name: {@code mvn -q -Pdemo verify [-Ddemo=NAME] [-Ddemo.url=JDBC-URL]}. */
public final class Demos {
    private static final List<Demo> ALL = List.of(new Runaway(), new Replay());
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
        System.exit(play(args, System.out, System.err));
    }

    static int play(String[] args, PrintStream out, PrintStream err) {
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
        List<Demo> chosen = named(name);
        if (chosen.isEmpty()) {
            err.println(
                    "Demo '" + name + "' does not exist: there are " + names() + ", or all of them. Say -Ddemo=NAME.");
            return MISUSED;
        }
        try {
            DemoDatabase database = url.isEmpty() ? DemoDatabase.embedded() : DemoDatabase.at(url);
            Stage stage =
                    new Stage(database::openLedger, EVIDENCE, out, isConsole(), Clock.systemUTC(), IdSource.system());
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

    private static List<Demo> named(String name) {
        return ALL.stream()
                .filter(demo -> name.equals("all") || demo.name().equals(name))
                .toList();
    }

    private static String names() {
        return ALL.stream().map(Demo::name).collect(Collectors.joining(" and "));
    }
}
