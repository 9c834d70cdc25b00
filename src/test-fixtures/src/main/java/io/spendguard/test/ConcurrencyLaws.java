package io.spendguard.test;

import static org.assertj.core.api.Assertions.assertThat;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.LedgerSession;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.RunState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Many threads and several writers on one store. */
interface ConcurrencyLaws extends LedgerLaws {
    @Test
    default void hold_manyThreadsOnOneBudget_allowExactlyWhatFits() throws Exception {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        LedgerSession session = lab().session();

        List<String> answers = inParallel(
                16,
                20,
                (thread, i) -> LedgerLab.text(lab().post(
                                session,
                                lab().operations().hold("h-" + thread + "-" + i).claim(team, 7))));

        assertThat(answers).hasSize(320);
        assertThat(answers).filteredOn("held"::equals).hasSize(142);
        assertThat(answers).filteredOn("refused: short of team"::equals).hasSize(178);
        assertBalances(team, 1000, 0, 994, 0);
        assertThat(lab().eventTypes()).filteredOn(TestEvents.OPERATION::equals).hasSize(321);
        assertThat(lab().eventTypes()).containsOnlyOnce(TestEvents.OPENING);
    }

    @Test
    default void hold_severalWritersOnOneBudget_allowExactlyWhatFits() throws Exception {
        lab().activate("team", 1000);
        Account team = lab().operations().account("team");
        List<LedgerSession> sessions =
                List.of(lab().session(), lab().connect(lab().openAnother()), lab().connect(lab().openAnother()));

        List<String> answers = inParallel(
                12,
                20,
                (thread, i) -> LedgerLab.text(lab().post(
                                sessions.get(thread % 3),
                                lab().operations().hold("h-" + thread + "-" + i).claim(team, 7))));

        assertThat(answers).hasSize(240);
        assertThat(answers).filteredOn("held"::equals).hasSize(142);
        assertBalances(team, 1000, 0, 994, 0);
        assertThat(lab().eventTypes()).filteredOn(TestEvents.OPERATION::equals).hasSize(241);
        assertThat(lab().eventTypes()).containsOnlyOnce(TestEvents.OPENING);
    }

    @Test
    default void hold_claimsGivenInAnyOrder_neverDeadlock() throws Exception {
        List<Account> accounts = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            lab().activate("b" + i, 1_000_000);
            accounts.add(lab().operations().account("b" + i));
        }
        List<LedgerSession> sessions = List.of(lab().session(), lab().connect(lab().openAnother()));

        List<String> answers = inParallel(8, 15, (thread, i) -> {
            Random random = new Random(thread * 1_000L + i);
            List<Account> claimed = new ArrayList<>(accounts);
            Collections.shuffle(claimed, random);
            HoldOperation hold = lab().operations().hold("h-" + thread + "-" + i);
            claimed.subList(0, 3).forEach(account -> hold.claim(account, 1));
            if (random.nextBoolean()) {
                hold.unassumed();
            }
            LedgerSession session = sessions.get(thread % 2);
            String held = LedgerLab.text(lab().post(session, hold));
            lab().post(session, lab().operations().release("r-" + thread + "-" + i, hold));
            return held;
        });

        assertThat(answers).hasSize(120).containsOnly("held");
        accounts.forEach(account -> assertBalances(account, 1_000_000, 0, 0, 0));
    }

    @Test
    default void settle_manyThreadsOnTwoWriters_addUpToWhatWasSpent() throws Exception {
        lab().activate("team", 1_000_000);
        Account team = lab().operations().account("team");
        List<LedgerSession> sessions = List.of(lab().session(), lab().connect(lab().openAnother()));

        inParallel(8, 15, (thread, i) -> {
            LedgerSession session = sessions.get(thread % 2);
            LedgerSession other = sessions.get((thread + 1) % 2);
            HoldOperation hold =
                    lab().operations().hold("h-" + thread + "-" + i).claim(team, 10);
            lab().post(session, hold);
            return LedgerLab.text(
                    lab().post(other, lab().operations().commit("c-" + thread + "-" + i, hold, 5 + thread)));
        });

        // Each thread commits 15 times; the costs are 5 to 12.
        assertBalances(team, 1_000_000, 15 * (5 + 6 + 7 + 8 + 9 + 10 + 11 + 12), 0, 0);
    }

    @Test
    default void stop_amidHoldsOfItsRun_letsNoneThroughAfterwards() throws Exception {
        lab().activate("team", 1_000_000);
        Account team = lab().operations().account("team");
        List<LedgerSession> sessions = List.of(lab().session(), lab().connect(lab().openAnother()));

        List<String> answers = inParallel(8, 15, (thread, i) -> {
            LedgerSession session = sessions.get(thread % 2);
            if (thread == 0 && i == 5) {
                return LedgerLab.text(lab().post(session, lab().operations().stop("stop", "r1", "LIMIT")));
            }
            return LedgerLab.text(lab().post(
                            session,
                            lab().operations()
                                    .hold("h-" + thread + "-" + i)
                                    .claim(team, 1)
                                    .inRun("r1")));
        });
        String late =
                lab().answer(lab().operations().hold("late").claim(team, 1).inRun("r1"));

        assertThat(answers).contains("stopped");
        assertThat(late).isEqualTo("refused: run stopped");
        long allowed = answers.stream().filter("held"::equals).count();
        RunState run = lab().ledger().run(LedgerLab.TENANT, Namespace.ENFORCE, "r1");
        assertThat(run.isStopped()).isTrue();
        assertThat(run.steps()).isEqualTo(allowed);
        assertBalances(team, 1_000_000, 0, allowed, 0);
    }

    @Test
    default void activate_amidHolds_losesNoHold() throws Exception {
        lab().activate("team", 1_000_000);
        Account team = lab().operations().account("team");
        List<LedgerSession> sessions = List.of(lab().session(), lab().connect(lab().openAnother()));

        inParallel(8, 15, (thread, i) -> {
            LedgerSession session = sessions.get(thread % 2);
            String name = thread + "-" + i;
            return LedgerLab.text(lab().post(
                            session,
                            thread == 0
                                    ? lab().operations().activate("a-" + name).limit("team", (2_000_000 + i) + " calls")
                                    : lab().operations().hold("h-" + name).claim(team, 1)));
        });

        assertBalances(team, 2_000_014, 0, 7 * 15, 0);
    }

    @Test
    default void submit_manyTenantsAtOnce_keepsEachTenantsStream() throws Exception {
        LedgerSession session = lab().session();

        inParallel(
                8,
                10,
                (thread, i) -> LedgerLab.text(
                        lab().post(session, lab().operations("tenant-" + thread).hold("h" + i))));

        for (int thread = 0; thread < 8; thread++) {
            assertThat(lab().events("tenant-" + thread)).hasSize(11);
        }
    }

    /** Runs a step so many times on each of so many threads; the first failure is thrown. */
    private static List<String> inParallel(int threads, int times, Step step) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<List<String>>> futures = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                int number = thread;
                Callable<List<String>> task = () -> {
                    List<String> answers = new ArrayList<>();
                    for (int i = 0; i < times; i++) {
                        answers.add(step.run(number, i));
                    }
                    return answers;
                };
                futures.add(pool.submit(task));
            }
            List<String> all = new ArrayList<>();
            for (Future<List<String>> future : futures) {
                all.addAll(future.get(120, TimeUnit.SECONDS));
            }
            return all;
        } catch (ExecutionException e) {
            throw e.getCause() instanceof RuntimeException failure ? failure : e;
        } finally {
            pool.shutdownNow();
        }
    }

    /** One thread's step. */
    interface Step {
        /** Answers of thread and iteration. */
        String run(int thread, int iteration);
    }
}
