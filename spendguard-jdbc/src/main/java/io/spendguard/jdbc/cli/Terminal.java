package io.spendguard.jdbc.cli;

import io.spendguard.json.JsonObject;
import java.io.Console;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** Where answers go: text, or one JSON object. */
final class Terminal {
    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean isJson;
    private @Nullable ProgressBar bar;

    Terminal(PrintWriter out, PrintWriter err, boolean isJson) {
        this.out = out;
        this.err = err;
        this.isJson = isJson;
    }

    boolean isJson() {
        return isJson;
    }

    /** One line. What a tampered package says must not steer the terminal. */
    void line(String text) {
        out.println(harmless(text));
        out.flush();
    }

    /** Shows how far work is on a terminal, and says nothing where somebody keeps what is said. */
    LongConsumer progress(LongSupplier total, String what) {
        if (isJson || !isWatched()) {
            return done -> {};
        }
        bar = new ProgressBar(err, total.getAsLong(), what);
        return bar;
    }

    /** Since Java 22 there is a console in any case, and one that nobody sees says so when asked. */
    @SuppressWarnings("SystemConsoleNull") // before Java 22 it is null
    private static boolean isWatched() {
        Console console = System.console();
        if (console == null) {
            return false;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (NoSuchMethodException beforeJava22) {
            return true;
        } catch (ReflectiveOperationException unasked) {
            throw new IllegalStateException("This Java's console does not say whether it is a terminal.", unasked);
        }
    }

    /** What comes next stands on a line of its own. */
    void endProgress() {
        if (bar != null) {
            bar.end();
            bar = null;
        }
    }

    void json(JsonObject answer) {
        out.println(answer);
        out.flush();
    }

    /** Runs a command whose answers and complaints go here. */
    int execute(CommandLine command, String... args) {
        try {
            return command.setOut(out)
                    .setErr(err)
                    .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
                    .setParameterExceptionHandler((wrong, given) -> cannotRun(wrong.getMessage() + ". Try '"
                            + wrong.getCommandLine().getCommandSpec().qualifiedName() + " --help'."))
                    .setExecutionExceptionHandler((failure, failed, parsed) -> cannotRun(failure))
                    .execute(args);
        } catch (OutOfMemoryError full) { // the work it was needed for is given up, and so is what that held
            return cannotRun("Java heap of " + (Runtime.getRuntime().maxMemory() >> 20)
                    + " MiB is full: the command was given up, and says nothing of what it was asked. Give it more, such as"
                    + " JAVA_TOOL_OPTIONS=-Xmx4g.");
        }
    }

    /** Says why a command could not run. */
    int cannotRun(Throwable failure) {
        String message = failure instanceof FileSystemException file ? fault(file) : failure.getMessage();
        return cannotRun(message == null ? failure.getClass().getSimpleName() + " without a message" : message);
    }

    /** The JDK's message is the file's name, and nothing else where a reason is obvious to it. */
    private static String fault(FileSystemException failure) {
        String why = failure instanceof NoSuchFileException
                ? "it, or its folder, does not exist"
                : failure instanceof AccessDeniedException
                        ? "this process may not"
                        : failure instanceof FileAlreadyExistsException
                                ? "it exists already"
                                : Objects.requireNonNullElse(
                                        failure.getReason(), failure.getClass().getSimpleName());
        return "File " + failure.getFile() + " cannot be read or written: " + why
                + ". Name another, or give it permission.";
    }

    /** Says why a command could not run. */
    int cannotRun(String message) {
        String line = harmless(message.strip().replaceAll("\\s*\\R\\s*", " "));
        err.println("spendguard: " + line);
        err.flush();
        if (isJson) {
            json(JsonObject.create().put("error", wellFormed(line)));
        }
        return SpendGuardCli.CANNOT_RUN;
    }

    /** Without control characters of either block, and without those that turn the direction of what follows. */
    private static String harmless(String text) {
        return text.replaceAll("[\\p{Cc}\\p{Cf}]", "?");
    }

    /** Messages may quote file names, which need not be Unicode. */
    private static String wellFormed(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        text.codePoints()
                .map(point -> Character.getType(point) == Character.SURROGATE ? '?' : point)
                .forEach(clean::appendCodePoint);
        return clean.toString();
    }
}
