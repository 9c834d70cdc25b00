package io.spendguard.decision;

import io.spendguard.evidence.AuditEvent;
import io.spendguard.evidence.EventTypes;
import io.spendguard.json.JsonObject;
import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Entry;
import io.spendguard.ledger.EventDraft;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.model.Amount;
import io.spendguard.model.BudgetOperationException;
import io.spendguard.model.BudgetOperationException.Fault;
import io.spendguard.model.Digest;
import io.spendguard.model.Period;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Gives an amount to an account beside its budget's limit, out of nothing or out of another account, on locked rows and
 * with one audit event.
 *
 * @param from the account that gives; null for a grant
 * @param to the account that gets
 * @param rolls whether that account's window rolls, so that it gets what it owes at most
 * @param amount how much, more than nothing
 * @param reason why, for evidence
 * @param key the idempotency key
 * @param eventId identifies the audit event
 * @param transactionId identifies the entries
 */
record AllotOperation(
        @Nullable Account from,
        Account to,
        boolean rolls,
        Amount amount,
        String reason,
        String key,
        UUID eventId,
        UUID transactionId)
        implements LedgerOperation {
    @Override
    public OperationKind kind() {
        return from == null ? OperationKind.GRANT : OperationKind.TRANSFER;
    }

    @Override
    public String tenant() {
        return to.tenant();
    }

    @Override
    public Namespace namespace() {
        return to.namespace();
    }

    @Override
    public Digest requestDigest() {
        return Digest.sha256(JsonObject.create()
                .putIfPresent("from", from == null ? null : from.id().toString())
                .put("to", to.id().toString())
                .put("amount", amount.toString())
                .put("reason", reason)
                .toCanonicalBytes());
    }

    @Override
    public List<Account> accounts(Instant now) {
        return from == null ? List.of(to) : List.of(from, to);
    }

    @Override
    public Posting plan(LedgerView view) {
        List<Entry> entries = new ArrayList<>();
        List<Amount> available = new ArrayList<>();
        if (from != null) {
            AccountState source = open(view, from);
            if (source.available() < amount.atomic()) {
                throw new BudgetOperationException(
                        Fault.INSUFFICIENT,
                        words(from) + " cannot give " + amount + ": " + source.amount(source.available())
                                + " are available, and what is held or spent stays. Transfer less.");
            }
            add(source, Movements.withdraw(source, amount.atomic()), entries, available);
        }
        AccountState destination = open(view, to);
        if (rolls && amount.atomic() > destination.debt()) {
            throw new BudgetOperationException(
                    Fault.ROLLING_WINDOW,
                    words(to) + " cannot be given " + amount
                            + ": its window rolls and has no end that would take a grant"
                            + " back, so that it takes what is owed and no more, which is "
                            + destination.amount(destination.debt())
                            + ". Raise the limit in the contract, and lower it again.");
        }
        add(destination, Movements.grant(destination, amount.atomic()), entries, available);
        JsonObject answer = JsonObject.create()
                .put("event", eventId.toString())
                .put("available", available.stream().map(Amount::toString).toList());
        return new Posting(
                transactionId,
                entries,
                event(entries, view.now()),
                Period.ALWAYS,
                null,
                null,
                null,
                answer.toCanonicalBytes());
    }

    private void add(AccountState state, List<Entry> lines, List<Entry> entries, List<Amount> available) {
        try {
            AccountState after = state.after(lines);
            available.add(after.amount(after.available()));
            entries.addAll(lines);
        } catch (ArithmeticException overflow) {
            throw new BudgetOperationException(
                    Fault.OVERFLOW,
                    words(state.account()) + " has a limit of " + state.allowance() + " and cannot get " + amount
                            + " more: a balance counts up to 9223372036854775807 atoms. Grant less.");
        }
    }

    private static AccountState open(LedgerView view, Account account) {
        if (!account.window().contains(view.now())) {
            throw closed(account, view.now());
        }
        return view.account(account.id());
    }

    static BudgetOperationException closed(Account account, Instant now) {
        return new BudgetOperationException(
                Fault.WINDOW_CLOSED,
                words(account) + " is open from " + account.window().from() + " until "
                        + account.window().until() + ", and it is " + now
                        + ": what is over or not begun cannot be spent. Name the window that is open.");
    }

    private static String words(Account account) {
        return new BudgetRef(account.tenant(), account.namespace(), account.budgetId(), account.key(), null).words();
    }

    private EventDraft event(List<Entry> entries, Instant now) {
        JsonObject data = AuditEvents.movement(transactionId, entries)
                .put("amount", amount.toString())
                .put("reason", reason)
                .put("namespace", AuditEvents.lower(namespace()))
                .put("to", json(to));
        if (from != null) {
            data.put("from", json(from));
        }
        String type = from == null ? EventTypes.BUDGET_GRANTED : EventTypes.BUDGET_TRANSFERRED;
        return AuditEvents.draft(
                AuditEvent.of(type, eventId, tenant(), now).data(data).build());
    }

    private static JsonObject json(Account account) {
        return JsonObject.create()
                .put("account", account.id().toString())
                .put("budget", account.budgetId())
                .put("key", account.key());
    }
}
