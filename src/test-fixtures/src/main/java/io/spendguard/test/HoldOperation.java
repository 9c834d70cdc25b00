package io.spendguard.test;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Backlog;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EntryKind;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.ledger.RecentActions;
import io.spendguard.ledger.RunState;
import io.spendguard.model.IdSource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Takes a hold on one or several accounts, all or nothing; a shortage or a stopped run is recorded as a refusal.
 *
 * <p>Its answer is {@code held}, {@code refused: short of BUDGET}, {@code refused: no key left of BUDGET} or {@code refused: run stopped}.
 */
public final class HoldOperation extends TestOperation<HoldOperation> {
    private final UUID reservationId;
    private Instant expiresAt;
    private final List<Claim> claims = new ArrayList<>();
    private final List<Backlog> backlog = new ArrayList<>();
    private String terms = "terms";
    private RecentActions remembered = RecentActions.NONE;

    HoldOperation(IdSource ids, String tenant, String key, Instant expiresAt) {
        super(OperationKind.DECIDE, ids, tenant, key);
        this.reservationId = ids.next();
        this.expiresAt = expiresAt;
    }

    /** Claims so many atoms of an account, at most once per account. */
    public HoldOperation claim(Account account, long atomic) {
        claims.add(new Claim(account, atomic));
        return this;
    }

    /** Ends by itself at that moment. */
    public HoldOperation expiringAt(Instant moment) {
        expiresAt = moment;
        return this;
    }

    /** Sees what earlier accounts left behind, too. */
    public HoldOperation seeing(Backlog left) {
        backlog.add(left);
        return this;
    }

    /** What its run remembers it by. */
    public HoldOperation remembered(long fingerprint) {
        remembered = RecentActions.of(fingerprint);
        return this;
    }

    /** What the reservation keeps for settling. */
    public HoldOperation terms(String text) {
        terms = text;
        return this;
    }

    /** The id of the reservation it takes. */
    public UUID reservationId() {
        return reservationId;
    }

    /** When its reservation ends by itself. */
    public Instant expiresAt() {
        return expiresAt;
    }

    /** The claims in the order they were made. */
    public List<Claim> claims() {
        return List.copyOf(claims);
    }

    /** The accounts in the order they were claimed: a ledger puts them into its own order. */
    @Override
    public List<Account> accounts(Instant now) {
        return claims.stream().map(Claim::account).toList();
    }

    @Override
    public List<Backlog> backlog(Instant now) {
        return List.copyOf(backlog);
    }

    @Override
    String describe() {
        return "hold " + claims;
    }

    @Override
    Optional<Posting> assume() {
        return Optional.of(allowed());
    }

    @Override
    Posting post(LedgerView view) {
        if (view.run().filter(RunState::isStopped).isPresent()) {
            return refused("run stopped");
        }
        for (Claim claim : claims) {
            Optional<AccountState> state = view.find(claim.account().id());
            if (state.isEmpty()) {
                return refused("no key left of " + claim.account().budgetId());
            }
            if (state.get().available() < claim.atomic()) {
                return refused("short of " + claim.account().budgetId());
            }
        }
        return allowed();
    }

    @Override
    HoldOperation self() {
        return this;
    }

    private Posting allowed() {
        List<Claim> ordered = claims.stream()
                .sorted(Comparator.comparing(claim -> claim.account().id()))
                .toList();
        List<Entry> entries = new ArrayList<>();
        for (Claim claim : ordered) {
            if (claim.atomic() > 0) {
                entries.add(new Entry(claim.account().id(), EntryKind.AVAILABLE, -claim.atomic()));
                entries.add(new Entry(claim.account().id(), EntryKind.HELD, claim.atomic()));
            }
        }
        Posting.RunChange step = run().map(name -> new Posting.RunChange(name, 1, null, null, remembered))
                .orElse(null);
        Posting.Hold hold = new Posting.Hold(reservationId, expiresAt, ordered, utf8(terms));
        return posting(entries, hold, null, step, "held");
    }

    private Posting refused(String reason) {
        return posting(List.of(), null, null, null, "refused: " + reason);
    }
}
