package io.spendguard.contract;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Compiles many conditions on all processors: a compiler is slow until it has run for a while, and who restarts an agent
 * waits for it.
 */
final class Conditions {
    /** Below this, threads cost more than they save. */
    private static final int WORTH_THREADS = 24;

    private Conditions() {}

    /** What is wrong at a character of a condition. */
    record Fault(int offset, String message) {}

    /**
     * What became of one condition.
     *
     * @param compiled the condition, or null when it has faults
     * @param faults in the order they were found
     */
    record Result(ConditionCompiler.@Nullable Compiled compiled, List<Fault> faults) {}

    /** Starts to load what compiles conditions, a second's work in a new JVM, beside a caller who reads a document first. */
    static void prepare() {
        // What fails here fails again, and is told, when the first condition is compiled.
        CompletableFuture<Void> unused = CompletableFuture.runAsync(ConditionCompiler::load);
    }

    /** The results in the order of the conditions, the same however many processors there are. Blocks. */
    static List<Result> compile(ConditionCompiler compiler, List<String> conditions) {
        int threads = Math.min(Runtime.getRuntime().availableProcessors(), conditions.size() / WORTH_THREADS);
        if (threads < 2) {
            return conditions.stream().map(text -> compile(compiler, text)).toList();
        }
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            return conditions.stream()
                    .map(text -> CompletableFuture.supplyAsync(() -> compile(compiler, text), executor))
                    .toList()
                    .stream()
                    .map(CompletableFuture::join)
                    .toList();
        } finally {
            executor.shutdownNow();
        }
    }

    private static Result compile(ConditionCompiler compiler, String text) {
        List<Fault> faults = new ArrayList<>();
        ConditionCompiler.Compiled compiled =
                compiler.compile(text, (offset, message) -> faults.add(new Fault(offset, message)));
        return new Result(compiled, faults);
    }
}
