package io.spendguard.decision;

import io.spendguard.contract.Contract;
import io.spendguard.contract.Mode;
import io.spendguard.contract.ModelCatalogue;
import io.spendguard.contract.ModelRef;
import io.spendguard.evidence.Commitments;
import io.spendguard.ledger.BudgetLimit;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.Digest;
import io.spendguard.model.IdSource;
import io.spendguard.price.Estimator;
import io.spendguard.price.PriceBook;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A contract with all that decides by it. A decision keeps the one it began with, whatever comes into force meanwhile.
 *
 * @param contract the contract
 * @param namespace where its mode keeps its accounts
 * @param claims its claims
 * @param judge its verdicts
 * @param postings its postings
 * @param activations by tenant; what failed is taken out again
 */
record InForce(
        Contract contract,
        Namespace namespace,
        Claims claims,
        Judge judge,
        Postings postings,
        Map<String, CompletableFuture<PostResult>> activations) {
    static InForce of(Contract contract, ModelCatalogue catalogue, PriceBook prices, KeyNames names, IdSource ids) {
        Claims claims = new Claims(contract.budgets(), degradedTo(contract, catalogue), contract.budgetsRead(), names);
        return new InForce(
                contract,
                contract.mode() == Mode.SHADOW ? Namespace.SHADOW : Namespace.ENFORCE,
                claims,
                new Judge(contract, catalogue, new Estimator(prices), claims),
                new Postings(contract, prices, Commitments.system(), ids),
                new ConcurrentHashMap<>());
    }

    Digest digest() {
        return contract.digest();
    }

    /** Zero for a contract without one. */
    long revision() {
        return contract.revision().orElse(0);
    }

    boolean isShadow() {
        return contract.mode() == Mode.SHADOW;
    }

    DecideOperation operation(Snapshot snapshot) {
        return new DecideOperation(
                snapshot,
                judge,
                claims,
                postings,
                contract.readsLedger(snapshot.action().kind()));
    }

    /** The attempt that an approval of what an operation had asked for permits. */
    ApprovedOperation approved(Snapshot snapshot, DecidingOperation asked) {
        return new ApprovedOperation(snapshot, asked, judge, claims, postings);
    }

    /** The limits as one revision sets them: the contract's own, or a higher one it takes the place of. */
    List<BudgetLimit> limits(long revision) {
        return contract.budgets().stream()
                .map(budget -> new BudgetLimit(budget.id(), budget.limit(), budget.maxKeys(), revision))
                .toList();
    }

    private static List<ModelRef> degradedTo(Contract contract, ModelCatalogue catalogue) {
        return contract.rules().stream()
                .map(rule -> rule.mutation().modelAlias())
                .filter(Objects::nonNull)
                .flatMap(alias -> catalogue.resolve(alias).stream())
                .distinct()
                .toList();
    }
}
