package io.spendguard.jdbc;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.state.Action;
import net.jqwik.api.state.ActionChain;
import net.jqwik.api.state.ActionChainArbitrary;
import net.jqwik.api.state.Transformer;
import org.jspecify.annotations.Nullable;

/** Anything that may be done to a ledger, in any order; each step is followed by {@link SpendWorld#check}. */
final class SpendActions {
    private static final List<String> TOOLS = List.of("search", "report", "risky");
    private static final List<String> TEAMS = List.of("", "red", "blue");
    private static final List<String> AGENTS = List.of("", "a", "b");

    private SpendActions() {}

    /** Chains of so many steps; time moves where there is a clock to be moved. */
    static Arbitrary<ActionChain<SpendWorld>> chains(
            Supplier<SpendWorld> start, int steps, @Nullable Consumer<Duration> clock) {
        ActionChainArbitrary<SpendWorld> chains = ActionChain.startWith(start)
                .withAction(
                        8,
                        action(
                                "decide a tool",
                                (world, random) -> world.decideTool(
                                        any(TOOLS, random),
                                        run(random),
                                        any(TEAMS, random),
                                        any(AGENTS, random),
                                        1 + random.nextInt(160))))
                .withAction(
                        5,
                        action(
                                "decide a model",
                                (world, random) -> world.decideModel(
                                        run(random),
                                        any(TEAMS, random),
                                        any(AGENTS, random),
                                        1 + random.nextInt(20_000),
                                        1 + random.nextInt(4_000))))
                .withAction(1, action("decide again", (world, random) -> world.decideAgain()))
                .withAction(
                        1,
                        action("decide another", (world, random) -> world.decideAnotherUnderAKey(random.nextInt(50))))
                .withAction(
                        7,
                        action(
                                "commit",
                                (world, random) -> world.commit(
                                        random.nextInt(50), random.nextInt(5) * 400, random.nextInt(4) == 0)))
                .withAction(3, action("release", (world, random) -> world.release(random.nextInt(50))))
                .withAction(
                        2,
                        action(
                                "extend",
                                (world, random) -> world.extend(
                                        random.nextInt(50), 1 + random.nextInt(90), 1 + random.nextInt(300))))
                .withAction(2, action("sweep", (world, random) -> world.sweep()))
                .withAction(
                        2,
                        action(
                                "bill",
                                (world, random) ->
                                        world.bill(random.nextInt(50), random.nextInt(5) * 400, random.nextBoolean())))
                .withAction(
                        2,
                        action("refund", (world, random) -> world.refund(random.nextInt(50), 1 + random.nextInt(80))))
                .withAction(
                        1,
                        action("dispute", (world, random) -> world.dispute(random.nextInt(50), 1 + random.nextInt(80))))
                .withAction(
                        1,
                        action("resolve", (world, random) -> world.resolve(random.nextInt(50), random.nextBoolean())))
                .withAction(
                        1,
                        action(
                                "compensate",
                                (world, random) -> world.compensate(random.nextInt(50), random.nextInt(200))))
                .withAction(
                        1,
                        action(
                                "grant",
                                (world, random) ->
                                        world.grant(any(List.of("red", "blue"), random), 1 + random.nextInt(400))))
                .withAction(
                        1,
                        action(
                                "transfer",
                                (world, random) -> world.transfer(
                                        any(List.of("red", "blue"), random),
                                        any(List.of("red", "blue"), random),
                                        1 + random.nextInt(300))))
                .withAction(1, action("limit", (world, random) -> world.limitTo(any(List.of(50, 100, 200), random))))
                .withMaxTransformations(steps);
        if (clock != null) {
            chains = chains.withAction(
                    4,
                    action(
                            "wait",
                            (world, random) -> clock.accept(Duration.ofMinutes(
                                    random.nextInt(6) == 0 ? random.nextInt(2_000) : random.nextInt(12)))));
        }
        return chains;
    }

    private static Action.Independent<SpendWorld> action(String name, BiConsumer<SpendWorld, Random> step) {
        return new Action.Independent<>() {
            @Override
            public Arbitrary<Transformer<SpendWorld>> transformer() {
                return Arbitraries.integers()
                        .map(seed -> Transformer.mutate(String.format(Locale.ROOT, "%s (%d)", name, seed), world -> {
                            step.accept(world, new Random(seed));
                            world.check();
                        }));
            }
        };
    }

    private static String run(Random random) {
        return random.nextInt(3) == 0 ? "" : "run-" + random.nextInt(12);
    }

    private static <T> T any(List<T> values, Random random) {
        return values.get(random.nextInt(values.size()));
    }
}
