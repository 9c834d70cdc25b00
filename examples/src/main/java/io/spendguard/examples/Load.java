package io.spendguard.examples;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** A closed loop: so many threads, each of which does the next step when its last is done. */
final class Load {
    private static final int MOST_STEPS = 200_000;

    private Load() {}

    /** One step of one thread. */
    interface Step {
        void run(int thread, int number) throws Exception;
    }

    /**
     * What a load came to.
     *
     * @param perSecond steps of all threads, in the measured window
     * @param p50Millis the median step
     * @param p99Millis one step in a hundred takes longer
     */
    record Result(double perSecond, double p50Millis, double p99Millis) {}

    /** Runs a load; what ends in the warm-up does not count. */
    static Result run(int threads, Duration warmUp, Duration window, Step step) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            CountDownLatch start = new CountDownLatch(threads);
            List<Future<long[]>> running = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int thread = t;
                Callable<long[]> loop = () -> {
                    long[] nanos = new long[MOST_STEPS];
                    int count = 0;
                    start.countDown();
                    start.await();
                    long measuredFrom = System.nanoTime() + warmUp.toNanos();
                    long until = measuredFrom + window.toNanos();
                    for (int i = 0; ; i++) {
                        long begun = System.nanoTime();
                        step.run(thread, i);
                        long ended = System.nanoTime();
                        if (ended >= until) {
                            return Arrays.copyOf(nanos, count);
                        }
                        if (ended >= measuredFrom && count < MOST_STEPS) {
                            nanos[count++] = ended - begun;
                        }
                    }
                };
                running.add(pool.submit(loop));
            }
            List<long[]> all = new ArrayList<>();
            for (Future<long[]> one : running) {
                all.add(one.get());
            }
            long[] nanos = all.stream().flatMapToLong(Arrays::stream).sorted().toArray();
            if (nanos.length == 0) {
                return new Result(1 / (double) window.toSeconds(), window.toMillis(), window.toMillis());
            }
            return new Result(
                    nanos.length / (window.toNanos() / 1e9),
                    nanos[nanos.length / 2] / 1e6,
                    nanos[(int) (nanos.length * 0.99)] / 1e6);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception failure ? failure : e;
        } finally {
            pool.shutdownNow();
        }
    }

    /** Runs several loads in turn, so many times, and takes the median of each: what disturbs the machine disturbs all. */
    static Map<String, Result> interleaved(int rounds, Map<String, Callable<Result>> loads) throws Exception {
        Map<String, List<Result>> results = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            for (Map.Entry<String, Callable<Result>> load : loads.entrySet()) {
                results.computeIfAbsent(load.getKey(), key -> new ArrayList<>())
                        .add(load.getValue().call());
            }
        }
        Map<String, Result> medians = new LinkedHashMap<>();
        results.forEach((key, all) -> medians.put(
                key,
                new Result(
                        median(all.stream().mapToDouble(Result::perSecond).toArray()),
                        median(all.stream().mapToDouble(Result::p50Millis).toArray()),
                        median(all.stream().mapToDouble(Result::p99Millis).toArray()))));
        return medians;
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }
}
