package io.spendguard.contract;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What a contract requires of who enforces it. A layer can only require more.
 *
 * @param ledger the weakest ledger that is enough
 * @param enforcement the weakest enforcement that is enough
 */
public record Requirements(LedgerStrength ledger, EnforcementStrength enforcement) {
    /** What every ledger and every enforcement has. */
    public static final Requirements NONE =
            new Requirements(LedgerStrength.SINGLE_WRITER_PER_BUDGET, EnforcementStrength.ADVISORY_SDK);

    /** Checks that both are present. */
    public Requirements {
        Objects.requireNonNull(ledger, "ledger");
        Objects.requireNonNull(enforcement, "enforcement");
    }

    /** The stronger of each. */
    Requirements and(Requirements other) {
        return new Requirements(
                ledger.compareTo(other.ledger) >= 0 ? ledger : other.ledger,
                enforcement.compareTo(other.enforcement) >= 0 ? enforcement : other.enforcement);
    }

    /** Why what is there is not enough for a contract; empty when it is. */
    List<Finding> missing(String contract, LedgerStrength actualLedger, EnforcementStrength actualEnforcement) {
        List<Finding> missing = new ArrayList<>();
        if (actualLedger.compareTo(ledger) < 0) {
            missing.add(finding(
                    contract,
                    "ledger",
                    "'ledger' requires " + ledger.text() + ", but the guard's is " + actualLedger.text()
                            + ": its limits would not hold across processes or restarts. Use PostgresLedger."));
        }
        if (actualEnforcement.compareTo(enforcement) < 0) {
            missing.add(finding(
                    contract,
                    "enforcement",
                    "'enforcement' requires " + enforcement.text() + ", but a library in the application is "
                            + actualEnforcement.text() + ": code that calls a provider by itself goes past it."
                            + " Require no more, or put a gateway before the provider that enforces this contract."));
        }
        return missing;
    }

    private static Finding finding(String contract, String member, String message) {
        return new Finding(contract, 0, 0, "spec.requires." + member, message);
    }
}
