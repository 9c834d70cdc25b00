package io.spendguard.decision;

import io.spendguard.json.JsonObject;
import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Ledger;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.Amount;
import io.spendguard.model.BudgetChange;
import io.spendguard.model.BudgetOperationException;
import io.spendguard.model.BudgetOperationException.Fault;
import io.spendguard.model.IdSource;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.Period;
import io.spendguard.proof.Signer;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What an operator may do to budgets without a contract: give to an account beside its limit, and move a part of a limit
 * from one account to another. What was granted stays when a contract is activated again or changed; the contract's limit
 * is counted apart from it.
 *
 * <p>Each operation is one transaction with one signed audit event, on locked rows; whatever it throws, except when the
 * ledger cannot be reached, nothing was written. Each blocks for one read and one transaction. Safe for any number of threads.
 */
public final class BudgetOperations implements AutoCloseable {
    private static final int MAX_REASON = 500;

    private final Ledger ledger;
    private final OperatorSession session;
    private final Clock clock;
    private final IdSource ids;

    private BudgetOperations(Ledger ledger, OperatorSession session, Clock clock, IdSource ids) {
        this.ledger = ledger;
        this.session = session;
        this.clock = clock;
        this.ids = ids;
    }

    /**
     * Starts a writer of its own on a ledger, which stays open when this is closed.
     *
     * @param signer signs the audit events
     * @param patience how long to wait for the ledger
     */
    public static BudgetOperations open(Ledger ledger, Signer signer, Clock clock, IdSource ids, Duration patience) {
        return new BudgetOperations(
                ledger,
                new OperatorSession(ledger, signer, clock, ids, patience, "Make it again with the same key."),
                clock,
                ids);
    }

    /**
     * Gives an amount to an account beside its budget's limit. It pays debt first. Where the window rolls it may pay debt and nothing
     * more: no window's end would take it back, and each bucket keeps the contract's limit.
     *
     * @param amount more than nothing, in the account's unit
     * @param reason why, for evidence; one to 500 characters and no personal value
     * @param key of one request; the same key and request again is answered as before, {@code null} for a fresh one
     * @throws BudgetOperationException when it cannot be made; nothing was written
     * @throws io.spendguard.model.IdempotencyConflictException when the key was used for another request
     * @throws LedgerUnavailableException when the ledger did not answer; with a key of its own the call may be made again
     */
    public BudgetChange grant(BudgetRef to, Amount amount, String reason, @Nullable String key) {
        requirePositive(to, amount);
        return post(null, account(to, amount), amount, reason, key);
    }

    /**
     * Moves an amount of what is available on one account to another one of the same tenant, where it pays debt first. A window
     * that rolls gives nothing, as it would never have it back. Throws as {@link #grant}.
     */
    public BudgetChange transfer(BudgetRef from, BudgetRef to, Amount amount, String reason, @Nullable String key) {
        requirePositive(from, amount);
        if (!from.tenant().equals(to.tenant()) || from.namespace() != to.namespace()) {
            throw new IllegalArgumentException("Transfer from " + from.words() + " to " + to.words()
                    + ": tenants and namespaces never mix. Grant to the one instead.");
        }
        Account source = account(from, amount);
        Account destination = account(to, amount);
        if (rolls(source)) {
            throw new BudgetOperationException(
                    Fault.ROLLING_WINDOW,
                    from.words() + " cannot give " + amount
                            + ": its window rolls and has no end after which it would have its limit again. Lower the"
                            + " limit in the contract.");
        }
        if (source.equals(destination)) {
            throw new BudgetOperationException(
                    Fault.SAME_ACCOUNT, from.words() + " cannot give " + amount + " to itself. Name another budget.");
        }
        return post(source, destination, amount, reason, key);
    }

    /** Closes the evidence stream with a signed event. The ledger stays open. */
    @Override
    public void close() {
        session.close();
    }

    private BudgetChange post(@Nullable Account from, Account to, Amount amount, String reason, @Nullable String key) {
        if (reason.isBlank() || reason.length() > MAX_REASON) {
            throw new IllegalArgumentException("Reason of " + reason.length()
                    + " characters: evidence needs 1 to 500 that say why. Write it anew.");
        }
        AllotOperation operation = new AllotOperation(
                from, to, rolls(to), amount, reason, key == null ? ids.next().toString() : key, ids.next(), ids.next());
        PostResult result = session.await(operation);
        JsonObject answer = JsonObject.parse(result.answer());
        return new BudgetChange(
                UUID.fromString(answer.string("event")),
                answer.strings("available").stream().map(Amount::parse).toList(),
                result instanceof PostResult.Replayed);
    }

    private static void requirePositive(BudgetRef budget, Amount amount) {
        if (amount.atomic() <= 0) {
            throw new BudgetOperationException(
                    Fault.NOT_POSITIVE,
                    budget.words() + " cannot be given " + amount
                            + ": an amount is more than nothing. To take back, transfer, or lower the limit.");
        }
    }

    /** A window that rolls has kept buckets beside the account for all time. */
    private boolean rolls(Account account) {
        return account.window().equals(Period.ALWAYS)
                && ledger
                        .accounts(
                                account.tenant(),
                                account.namespace(),
                                account.budgetId(),
                                Claims.bucketKey(account.key()))
                        .stream()
                        .map(AccountState::account)
                        .anyMatch(other -> Claims.isBucketOf(other, account));
    }

    /** The open account; where the window rolls, the one for all time, and not its memory of a bucket. */
    private Account account(BudgetRef budget, Amount amount) {
        Instant at = budget.at() == null ? clock.instant() : budget.at();
        List<Account> known =
                ledger.accounts(budget.tenant(), budget.namespace(), budget.budgetId(), budget.key()).stream()
                        .map(AccountState::account)
                        .filter(account -> !Claims.isBucket(account))
                        .toList();
        if (known.isEmpty()) {
            throw new BudgetOperationException(
                    Fault.UNKNOWN_ACCOUNT,
                    budget.words() + " has no account: accounts appear with the first action that claims them. See"
                            + " spendguard budget list.");
        }
        List<Account> ofUnit = known.stream()
                .filter(account -> account.unit().equals(amount.unit()))
                .toList();
        if (ofUnit.isEmpty()) {
            throw new BudgetOperationException(
                    Fault.UNIT_MISMATCH,
                    budget.words() + " is kept in " + known.get(0).unit() + " and cannot be given " + amount
                            + ": units never convert. Give " + known.get(0).unit() + ".");
        }
        List<Account> open =
                ofUnit.stream().filter(account -> account.window().contains(at)).toList();
        return open.stream()
                .filter(account -> account.window().equals(Period.ALWAYS))
                .findFirst()
                .or(() -> open.stream().findFirst())
                .orElseThrow(() -> AllotOperation.closed(
                        ofUnit.stream()
                                .max(Comparator.comparing(
                                        account -> account.window().until()))
                                .orElseThrow(),
                        at));
    }
}
