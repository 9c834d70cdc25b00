package io.spendguard;

import io.spendguard.contract.Contract;
import io.spendguard.contract.ContractException;
import io.spendguard.contract.EnforcementStrength;
import io.spendguard.contract.Finding;
import io.spendguard.contract.LedgerStrength;
import io.spendguard.contract.ModelCatalogue;
import io.spendguard.ledger.Ledger;
import io.spendguard.price.PriceBook;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What a guard enforces contracts with, and which contracts that suffices for.
 *
 * @param catalogue models beside those in a contract
 * @param prices what calls cost
 * @param ledger where budgets are kept
 * @param clock tells which prices are in force
 */
record Enforcement(ModelCatalogue catalogue, PriceBook prices, Ledger ledger, Clock clock) {
    /**
     * Requires that a contract can be enforced.
     *
     * @throws ContractException with all findings
     */
    void require(Contract contract) {
        List<Finding> findings = new ArrayList<>(unpriced(contract));
        findings.addAll(tooWeakFor(contract));
        if (!findings.isEmpty()) {
            throw new ContractException(contract.name(), findings);
        }
    }

    /** What a contract names that catalogue and price book do not have. */
    List<Finding> unpriced(Contract contract) {
        Instant now = clock.instant();
        return contract.check(
                catalogue,
                model -> prices.find(model.provider(), model.model(), now).isPresent());
    }

    /**
     * What a contract requires and this is too weak for: a library in the application sees what passes the framework, and
     * nothing that goes past it.
     */
    List<Finding> tooWeakFor(Contract contract) {
        return contract.check(
                ledger.outlivesProcess() ? LedgerStrength.STRONG_GLOBAL : LedgerStrength.SINGLE_WRITER_PER_BUDGET,
                EnforcementStrength.SEMANTIC_ADAPTER);
    }
}
