package io.spendguard.verify;

import io.spendguard.model.Amount;
import java.time.Instant;
import java.util.UUID;

/** Holds what events say of an account against its opening, or keeps it until that is read. */
final class AccountRules implements AccountWords.Listener {
    private final UUID account;
    private final AccountBook book;
    private final Findings findings;

    AccountRules(UUID account, AccountBook book, Findings findings) {
        this.account = account;
        this.book = book;
        this.findings = findings;
    }

    @Override
    public void named(Place place, AccountWords.Name name) {
        AccountIdentity identity = book.identity;
        AccountWords.Name other = identity == null
                ? book.words().named(place, name)
                : new AccountWords.Name(identity.budget(), identity.unit(), identity.namespace());
        if (other != null && !other.agrees(name)) {
            findings.add(
                    FindingCode.ACCOUNT_MISNAMED,
                    place,
                    "Event " + place.event() + " takes account " + account + " for one of " + name
                            + ", but it is one of " + other
                            + ": an account is of one budget and unit for good. Ask who wrote it.");
        }
    }

    @Override
    public void open(Place place, Instant at) {
        AccountIdentity identity = book.identity;
        if (identity == null) {
            book.words().open(place, at);
        } else if (!identity.window().contains(at)) {
            findings.add(
                    FindingCode.WINDOW_CLOSED,
                    place,
                    "Event " + place.event() + " of " + at + " holds on account " + account
                            + ", or gives to it or takes from it, but that is open from " + identity.from()
                            + " until " + identity.until()
                            + ": what is over or not begun can no longer be given out, nor yet. Ask who wrote it.");
        }
    }

    @Override
    public void limited(Place place, ContractBook.Limits limits) {
        AccountIdentity identity = book.identity;
        if (identity == null) {
            book.words().limited(place, limits);
            return;
        }
        Amount stated = limits.byBudget().get(identity.budget());
        if (stated == null || !limits.namespace().equals(identity.namespace())) {
            misgiven(place, identity, "states none for");
        } else if (!stated.unit().equals(identity.unit())) {
            misgiven(place, identity, "states " + stated + " and does not give it to");
        } else if (-book.balance.adjustment() != stated.atomic() && book.misgiven == null) {
            book.misgiven = new AccountBook.Misgiven(place, stated);
        }
    }

    /** Draws the conclusion that needs every stream: where several change a limit, each from what another left, no order is proved. */
    void end() {
        AccountIdentity identity = book.identity;
        AccountBook.Misgiven misgiven = book.misgiven;
        if (identity != null && misgiven != null && !book.isLimitedBySeveral) {
            misgiven(misgiven.place(), identity, "states " + misgiven.stated() + " and does not give it to");
        }
    }

    private void misgiven(Place place, AccountIdentity identity, String fault) {
        findings.add(
                FindingCode.LIMIT_MISMATCH,
                place,
                "Event " + place.event() + " changes the limit of account " + account + ", and " + fault + " budget '"
                        + identity.budget() + "' (" + identity.namespace()
                        + "): a contract's limits are what it states. Ask who wrote it.");
    }
}
