package io.spendguard.test;

import io.spendguard.json.JsonObject;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.AnswerKey;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EventDraft;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.RunState;
import io.spendguard.model.Digest;
import io.spendguard.model.IdSource;
import io.spendguard.model.Period;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A ledger operation as tests need it: readable to set up, and afterwards able to tell what it was asked and shown.
 *
 * <p>Its events carry the entries in clear, so that {@link LedgerInvariants} can recompute every balance from them. Set up
 * by one thread; once submitted, the setters must not be called any more.
 *
 * @param <T> the operation's own type, returned by the setters
 */
public abstract class TestOperation<T extends TestOperation<T>> implements LedgerOperation {
    private final OperationKind kind;
    private final IdSource ids;
    private final String key;
    private final List<EventDraft.PersonalValue> personal = new ArrayList<>();
    private final List<AnswerKey> needed = new ArrayList<>();
    private final AtomicInteger plans = new AtomicInteger();
    private String tenant;
    private Namespace namespace = Namespace.ENFORCE;
    private String request = "";
    private @Nullable String run;
    private boolean assumes = true;
    private Period validIn = Period.ALWAYS;
    private @Nullable RuntimeException failure;
    private @Nullable Posting assumed;
    private volatile @Nullable Seen seen;

    TestOperation(OperationKind kind, IdSource ids, String tenant, String key) {
        this.kind = kind;
        this.ids = ids;
        this.tenant = tenant;
        this.key = key;
    }

    /** For another tenant. */
    public T ofTenant(String other) {
        tenant = other;
        return self();
    }

    /** In shadow mode's accounts. */
    public T inShadow() {
        namespace = Namespace.SHADOW;
        return self();
    }

    /** In a run. */
    public T inRun(String name) {
        run = name;
        return self();
    }

    /** Under the same key, but with another request digest. */
    public T asking(String other) {
        request = other;
        return self();
    }

    /** Without a posting made beforehand: rows must be read. */
    public T unassumed() {
        assumes = false;
        return self();
    }

    /** With an assumed posting that is right only while the ledger's clock stands in this period. */
    public T assumedFor(Period period) {
        validIn = period;
        return self();
    }

    /** With rows to be read, and a planner that throws. */
    public T failing(RuntimeException thrown) {
        failure = thrown;
        return unassumed();
    }

    /** With a personal value in its event. */
    public T withPersonal(String value, String salt) {
        byte[] saltBytes = utf8(salt);
        personal.add(new EventDraft.PersonalValue(Digest.sha256(saltBytes, utf8(value)), value, saltBytes));
        return self();
    }

    /** With what another operation of the tenant answered. */
    public T needing(OperationKind of, String answerKey) {
        needed.add(new AnswerKey(of, answerKey));
        return self();
    }

    /** How often the planner was asked. */
    public int plans() {
        return plans.get();
    }

    /** What the planner was shown last; throws {@link IllegalStateException} when it was never asked. */
    public Seen seen() {
        Seen last = seen;
        if (last == null) {
            throw new IllegalStateException("Operation '" + key + "' was never planned: nothing stood against what it"
                    + " assumed. Make it unassumed().");
        }
        return last;
    }

    @Override
    public OperationKind kind() {
        return kind;
    }

    @Override
    public String tenant() {
        return tenant;
    }

    @Override
    public Namespace namespace() {
        return namespace;
    }

    @Override
    public String key() {
        return key;
    }

    @Override
    public Digest requestDigest() {
        return Digest.sha256(utf8(describe() + request));
    }

    @Override
    public Optional<String> run() {
        return Optional.ofNullable(run);
    }

    @Override
    public final List<AnswerKey> answersNeeded() {
        return List.copyOf(needed);
    }

    @Override
    public final synchronized Optional<Posting> assumed() {
        if (assumes && assumed == null) {
            assumed = assume().orElse(null);
        }
        return Optional.ofNullable(assumed);
    }

    @Override
    public final Posting plan(LedgerView view) {
        plans.incrementAndGet();
        Map<AnswerKey, String> answers = new HashMap<>();
        for (AnswerKey needs : needed) {
            view.answer(needs).ifPresent(answer -> answers.put(needs, new String(answer, StandardCharsets.UTF_8)));
        }
        boolean isShownMore = view.answer(new AnswerKey(kind, "not asked for")).isPresent();
        seen = new Seen(view.now(), view.accounts(), view.run(), view.reservation(), Map.copyOf(answers), isShownMore);
        if (failure != null) {
            throw failure;
        }
        return anyTime(post(view));
    }

    /** What is planned from the rows in view is right whenever it is written: only assumptions grow old. */
    private static Posting anyTime(Posting planned) {
        return new Posting(
                planned.transactionId(),
                planned.entries(),
                planned.event(),
                Period.ALWAYS,
                planned.hold(),
                planned.settles(),
                planned.run(),
                planned.answer(),
                planned.extend());
    }

    /** What was asked for, in words; equal requests give equal words. */
    abstract String describe();

    /** The posting to try without reading; empty when this operation always reads. */
    abstract Optional<Posting> assume();

    /** The posting for the rows in view. */
    abstract Posting post(LedgerView view);

    abstract T self();

    final IdSource ids() {
        return ids;
    }

    /** A posting of this operation, whose event tells all of it. */
    final Posting posting(
            List<Entry> entries,
            Posting.@Nullable Hold hold,
            Posting.@Nullable Settled settles,
            Posting.@Nullable RunChange change,
            String answer) {
        JsonObject payload = TestEvents.entries(entries)
                .put("operation", kind.name())
                .put("key", key)
                .put("answer", answer)
                .put(
                        "personal",
                        personal.stream().map(p -> p.commitment().hex()).toList());
        if (hold != null) {
            payload.put("hold", hold.reservationId().toString());
        }
        EventDraft event = TestEvents.draft(ids, tenant, TestEvents.OPERATION, payload, personal);
        return new Posting(ids.next(), entries, event, validIn, hold, settles, change, utf8(answer));
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /**
     * What a planner was shown.
     *
     * @param now the ledger's time
     * @param accounts the accounts in view
     * @param run the run, where one was named
     * @param reservation the reservation, where one was named and exists
     * @param answers the answers it asked for, as far as they were there
     * @param isShownMore whether it was shown the answer of an operation {@code not asked for}
     */
    public record Seen(
            Instant now,
            List<AccountState> accounts,
            Optional<RunState> run,
            Optional<Reservation> reservation,
            Map<AnswerKey, String> answers,
            boolean isShownMore) {}
}
