package io.spendguard.jdbc;

import io.spendguard.Guard;
import io.spendguard.model.Action;
import io.spendguard.model.Amount;
import io.spendguard.model.Decision;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.Money;
import io.spendguard.model.Permit;
import io.spendguard.model.Settlement;
import io.spendguard.model.SpendGuardException;
import io.spendguard.proof.Ed25519Signer;
import io.spendguard.test.EmbeddedPostgres;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * One process that spends until it is killed. It writes down what it was told before it goes on: {@code D key effect decision}
 * and {@code S decision outcome nanos}; {@code U key} where nothing was recorded.
 */
final class TortureWorker {
    private static final int THREADS = 6;

    private final Guard guard;
    private final String name;
    private final FileChannel log;

    private TortureWorker(Guard guard, String name, FileChannel log) {
        this.guard = guard;
        this.name = name;
        this.log = log;
    }

    /** Takes the database's URL, the key's file, the log's file, a name and a seed. */
    public static void main(String[] arguments) throws IOException {
        long seed = Long.parseLong(arguments[4]);
        Guard guard = guard(arguments, new JumpingClock(new Random(seed)));
        FileChannel log = FileChannel.open(Path.of(arguments[2]), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        TortureWorker worker = new TortureWorker(guard, arguments[3], log);
        for (int thread = 0; thread < THREADS; thread++) {
            int number = thread;
            new Thread(() -> worker.spend(number, new Random(seed * 31 + number))).start();
        }
    }

    /** As whoever restarts a process would: until it works. */
    private static Guard guard(String[] arguments, Clock clock) {
        while (true) {
            try {
                return Guard.builder()
                        .contract(Torture.CONTRACT)
                        .ledger(PostgresLedger.open(arguments[0], TestLedgers.APPLICATION, EmbeddedPostgres.PASSWORD))
                        .signer(Ed25519Signer.loadOrCreate(Path.of(arguments[1])))
                        .clock(clock)
                        .patience(Duration.ofSeconds(3))
                        .sweepEvery(Duration.ZERO)
                        .build();
            } catch (LedgerUnavailableException unreachable) {
                LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
            }
        }
    }

    private void spend(int thread, Random random) {
        for (long i = 0; ; i++) {
            String key = name + "-" + thread + "-" + i;
            try {
                decide(key, random);
            } catch (SpendGuardException told) {
                say("X " + key + " " + told.getClass().getSimpleName());
            }
        }
    }

    private void decide(String key, Random random) {
        Money cost = Money.of(new Amount(1_000_000L * (1 + random.nextInt(50)), Torture.USD));
        Decision decision = guard.decide(Action.toolCall("t")
                .key(key)
                .label("team", "team-" + random.nextInt(8))
                .cost(cost)
                .build());
        if (decision.auditEvent().isEmpty()) {
            say("U " + key);
            return;
        }
        say("D " + key + " " + decision.effect() + " " + decision.decisionId());
        if (decision instanceof Decision.Allowed allowed) {
            settle(allowed.permit(), cost.nanos(), random);
        }
    }

    private void settle(Permit permit, long most, Random random) {
        int way = random.nextInt(10);
        if (way < 2) {
            return;
        }
        Settlement settlement = way < 4
                ? permit.release("not needed")
                : permit.commit(Money.of(new Amount(random.nextInt(Math.toIntExact(most)), Torture.USD)));
        say("S " + permit.decisionId() + " " + settlement.outcome() + " "
                + settlement.actual().get(0).atomic());
    }

    /** One write each: a process that is killed leaves whole lines or none. */
    private void say(String line) {
        try {
            log.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new IllegalStateException("Worker cannot write down what it was told.", e);
        }
    }

    /** An hour off this way or that, and now and then another one. */
    private static final class JumpingClock extends Clock {
        private final Random random;
        private final AtomicLong offMillis = new AtomicLong();

        JumpingClock(Random random) {
            this.random = random;
        }

        @Override
        public Instant instant() {
            synchronized (random) {
                if (random.nextInt(500) == 0) {
                    offMillis.set(random.nextInt(7_200_000) - 3_600_000);
                }
            }
            return Instant.ofEpochMilli(System.currentTimeMillis() + offMillis.get());
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
