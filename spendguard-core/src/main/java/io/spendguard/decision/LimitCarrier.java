package io.spendguard.decision;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.Ledger;
import io.spendguard.model.IdSource;
import io.spendguard.model.LedgerUnavailableException;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries changed limits to the accounts an activation did not reach, in steps that are no larger than a batch of decisions, one
 * after the other, so that decisions pass between them. What fails is halved until it stands alone, and is passed over.
 */
final class LimitCarrier {
    private static final Logger LOG = LoggerFactory.getLogger(LimitCarrier.class);
    private static final int STEP = 256;
    private static final int PAGE = 16 * STEP;
    /** Done well within a sweeper's lease. */
    private static final int MOST_PAGES = 8;

    private final Ledger ledger;
    private final LedgerCalls calls;
    private final IdSource ids;

    LimitCarrier(Ledger ledger, LedgerCalls calls, IdSource ids) {
        this.ledger = ledger;
        this.calls = calls;
        this.ids = ids;
    }

    /**
     * Carries what is due; what is left after {@value #MOST_PAGES} pages waits for the next time. Blocks for one read a page and one
     * transaction a step.
     *
     * @return how many accounts got their budget's limit
     * @throws LedgerUnavailableException when the ledger cannot be reached; accounts carried before stay so
     */
    int carry() {
        int carried = 0;
        for (int page = 0; page < MOST_PAGES; page++) {
            int before = carried;
            for (List<Account> step : steps(ledger.behind(PAGE))) {
                carried += carry(step);
            }
            if (carried == before) {
                return carried;
            }
        }
        LOG.info(
                "More than {} accounts wait for their budgets' limits; the rest is carried with the next sweep",
                carried);
        return carried;
    }

    /** Of one tenant and namespace each, in the order given. */
    private static List<List<Account>> steps(List<Account> behind) {
        List<List<Account>> steps = new ArrayList<>();
        int from = 0;
        for (int i = 1; i <= behind.size(); i++) {
            if (i == behind.size()
                    || i - from == STEP
                    || !behind.get(i).tenant().equals(behind.get(from).tenant())
                    || behind.get(i).namespace() != behind.get(from).namespace()) {
                steps.add(behind.subList(from, i));
                from = i;
            }
        }
        return steps;
    }

    private int carry(List<Account> step) {
        try {
            calls.await(new CarryOperation(step, ids));
            return step.size();
        } catch (LedgerUnavailableException away) {
            throw away;
        } catch (NothingDueException carriedMeanwhile) {
            return 0;
        } catch (RuntimeException failure) {
            if (step.size() > 1) {
                int middle = step.size() / 2;
                return carry(step.subList(0, middle)) + carry(step.subList(middle, step.size()));
            }
            Account account = step.get(0);
            LOG.warn(
                    "Account {} of budget '{}' of tenant '{}' cannot get its budget's limit; the next sweep tries again",
                    account.id(),
                    account.budgetId(),
                    account.tenant(),
                    failure);
            return 0;
        }
    }
}
