package io.spendguard.jdbc;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * What the documents say that a ledger does, written down as plainly as possible: three numbers for each account, from which
 * what is available and what is owed follow. Knows nothing of entries, events, locks or threads.
 */
final class SpendModel {
    /** An action as far as budgets care. Costs are nanos of a dollar. */
    record Call(String tool, String run, String team, String agent, long cost, long tokens) {
        boolean isModelCall() {
            return tool.isEmpty();
        }
    }

    /** How long a budget's account is the same one. */
    enum Window {
        TOTAL,
        DAY,
        ROLLING
    }

    /** A budget's definition. An empty key says that the call does not count. */
    record Budget(
            String id,
            long limit,
            Window window,
            Function<Call, Optional<String>> key,
            ToLongFunction<Call> quantity,
            boolean isMoney,
            boolean blocksWhileOwing) {}

    /** What an account is found by. */
    record Place(String budget, String key, Instant from) {}

    /** One account. */
    static final class Book {
        final Budget budget;
        final String key;
        final Instant from;
        long limit;
        long held;
        /** By the start of the bucket in which the hold was taken; one for all where the window does not roll. */
        final TreeMap<Instant, Long> spentIn = new TreeMap<>();

        private Book(Budget budget, String key, Instant from, long limit) {
            this.budget = budget;
            this.key = key;
            this.from = from;
            this.limit = limit;
        }

        long spent() {
            return spentIn.values().stream().mapToLong(Long::longValue).sum();
        }

        long debt() {
            return Math.max(0, spent() + held - limit);
        }

        long available() {
            return Math.max(0, limit - spent() - held);
        }
    }

    /** A hold's share on one account. */
    static final class Part {
        final Book book;
        final Instant bucket;
        long held;
        /** What is recorded as spent, once it is. */
        long recorded;

        private Part(Book book, Instant bucket, long held) {
            this.book = book;
            this.bucket = bucket;
            this.held = held;
        }
    }

    /** Where a hold stands. */
    enum State {
        OPEN,
        EXPIRED,
        SETTLED
    }

    /** One decision's hold. */
    static final class Hold {
        final List<Part> parts;
        State state = State.OPEN;

        private Hold(List<Part> parts) {
            this.parts = parts;
        }
    }

    private final List<Budget> budgets;
    private final Duration rolling;
    private final Duration bucket;
    private final Map<Place, Book> books = new HashMap<>();
    private final Set<String> stoppedRuns = new HashSet<>();
    private long limitPercent = 100;
    private boolean limitsChanged;

    SpendModel(List<Budget> budgets, Duration rolling, Duration bucket) {
        this.budgets = budgets;
        this.rolling = rolling;
        this.bucket = bucket;
    }

    /** All or nothing on every budget that counts the call; a refusal stops its run for good. Null when it is refused. */
    @Nullable
    Hold decide(Call call, Instant now) {
        List<Part> parts = new ArrayList<>();
        for (Budget budget : budgets) {
            budget.key()
                    .apply(call)
                    .ifPresent(key -> parts.add(new Part(
                            book(budget, key, now),
                            bucketOf(budget, now),
                            budget.quantity().applyAsLong(call))));
        }
        boolean fits = parts.stream().allMatch(part -> fits(part, now));
        if (stoppedRuns.contains(call.run()) || !fits) {
            if (!call.run().isEmpty()) {
                stoppedRuns.add(call.run());
            }
            return null;
        }
        parts.forEach(part -> part.book.held += part.held);
        return new Hold(parts);
    }

    private boolean fits(Part part, Instant now) {
        Book book = part.book;
        if (book.budget.blocksWhileOwing()
                && books.values().stream()
                        .anyMatch(other ->
                                other.budget.equals(book.budget) && other.key.equals(book.key) && other.debt() > 0)) {
            return false;
        }
        return part.held <= Math.max(0, book.limit - countedAt(book, now) - book.held);
    }

    /** What still counts: in a rolling window for its length after its bucket has ended. */
    long countedAt(Book book, Instant now) {
        return book.spentIn.entrySet().stream()
                .filter(spent -> isCounted(book, spent.getKey(), now))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    private boolean isCounted(Book book, Instant from, Instant now) {
        return book.budget.window() != Window.ROLLING
                || from.plus(bucket).plus(rolling).isAfter(now);
    }

    /** Forgets what counts no longer. */
    void forget(Book book, Instant now) {
        book.spentIn.keySet().removeIf(from -> !isCounted(book, from, now));
    }

    void settle(Hold hold, List<Long> actual) {
        for (int i = 0; i < hold.parts.size(); i++) {
            Part part = hold.parts.get(i);
            if (hold.state == State.OPEN) {
                part.book.held -= part.held;
                part.book.spentIn.merge(part.bucket, actual.get(i), Long::sum);
                part.recorded = actual.get(i);
            } else {
                record(part, actual.get(i));
            }
        }
        hold.state = State.SETTLED;
    }

    void expire(Hold hold) {
        settle(hold, hold.parts.stream().map(part -> part.held).toList());
        hold.state = State.EXPIRED;
    }

    /** Sets what is recorded of a settled call. What counts no longer is not given back. */
    void record(Part part, long actual) {
        Book book = part.book;
        long counts = book.spentIn.getOrDefault(part.bucket, 0L);
        long change = Math.max(actual - part.recorded, -counts);
        book.spentIn.merge(part.bucket, change, Long::sum);
        part.recorded = actual;
    }

    /** Whether every account has room for the part above what is held already. */
    static boolean hasRoom(Hold hold, List<Long> wanted, ToLongFunction<Book> spent) {
        for (int i = 0; i < hold.parts.size(); i++) {
            Part part = hold.parts.get(i);
            long more = wanted.get(i) - part.held;
            long room = Math.max(0, part.book.limit - spent.applyAsLong(part.book) - part.book.held);
            if (more > 0 && more > room) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether the hold was taken in a bucket that is over, and limits have changed: the bucket keeps the limit it ended with, and a
     * hold on it grows no further.
     */
    boolean isBoundByItsBucket(Hold hold, Instant now) {
        return limitsChanged
                && hold.parts.stream().anyMatch(part -> !part.bucket.equals(bucketOf(part.book.budget, now)));
    }

    void extend(Hold hold, List<Long> wanted) {
        for (int i = 0; i < hold.parts.size(); i++) {
            Part part = hold.parts.get(i);
            long more = Math.max(0, wanted.get(i) - part.held);
            part.held += more;
            part.book.held += more;
        }
    }

    boolean isStopped(String run) {
        return stoppedRuns.contains(run);
    }

    /** Puts a contract in force whose limits are so many hundredths of the first one's: on open accounts and later ones. */
    void limitTo(long percent, Instant now) {
        for (Book book : books.values()) {
            if (book.budget.window() != Window.DAY || book.from.equals(dayOf(now))) {
                book.limit += book.budget.limit() * (percent - limitPercent) / 100;
            }
        }
        limitsChanged |= percent != limitPercent;
        limitPercent = percent;
    }

    Budget budget(String id) {
        return budgets.stream()
                .filter(budget -> budget.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    Book book(Budget budget, String key, Instant now) {
        Instant from = budget.window() == Window.DAY ? dayOf(now) : Instant.MIN;
        return books.computeIfAbsent(
                new Place(budget.id(), key, from),
                place -> new Book(budget, key, from, budget.limit() * limitPercent / 100));
    }

    @Nullable
    Book find(Place place) {
        return books.get(place);
    }

    Iterable<Book> books() {
        return books.values();
    }

    private Instant bucketOf(Budget budget, Instant now) {
        if (budget.window() != Window.ROLLING) {
            return Instant.MIN;
        }
        long seconds = bucket.toSeconds();
        return Instant.ofEpochSecond(Math.floorDiv(now.getEpochSecond(), seconds) * seconds);
    }

    private static Instant dayOf(Instant now) {
        return now.atOffset(ZoneOffset.UTC).truncatedTo(ChronoUnit.DAYS).toInstant();
    }
}
