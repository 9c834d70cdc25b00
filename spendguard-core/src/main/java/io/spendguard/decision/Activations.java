package io.spendguard.decision;

import io.spendguard.contract.Contract;
import io.spendguard.contract.ContractException;
import io.spendguard.contract.Finding;
import io.spendguard.contract.ModelCatalogue;
import io.spendguard.ledger.PostResult;
import io.spendguard.model.IdSource;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.price.PriceBook;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts contracts in force: their limits in the ledger, for each tenant before its first decision, and one contract in place of
 * another. Safe for any number of threads; one swap at a time.
 */
final class Activations {
    private static final Logger LOG = LoggerFactory.getLogger(Activations.class);
    /** How much of a refused contract's faults an event keeps; the caller has them all. */
    private static final int MOST_FAULT = 2_000;

    private final AtomicReference<InForce> inForce;
    private final LedgerCalls calls;
    private final KeyNames names;
    private final IdSource ids;
    private final Object swapping = new Object();

    /** Reads and replaces what the reference holds. */
    Activations(AtomicReference<InForce> inForce, LedgerCalls calls, KeyNames names, IdSource ids) {
        this.inForce = inForce;
        this.calls = calls;
        this.names = names;
        this.ids = ids;
    }

    /** As {@link #activated}, and waits for it as long as a caller's patience lasts. */
    CompletableFuture<PostResult> activate(InForce in, String tenant) {
        CompletableFuture<PostResult> active = activated(in, tenant);
        calls.await(active, "ACTIVATE of tenant '" + tenant + "'");
        return active;
    }

    /** The ledger forgot what was activated: it was set back. The next decision activates, and this one may. */
    static void forget(InForce in, String tenant, CompletableFuture<PostResult> activation) {
        in.activations().remove(tenant, activation);
    }

    /** Before its first decision for a tenant, a guard puts the contract's limits in force, once, and says so in evidence. */
    @SuppressWarnings("ReferenceEquality") // the very one, not one that says the same
    CompletableFuture<PostResult> activated(InForce in, String tenant) {
        CompletableFuture<PostResult> active = in.activations().get(tenant);
        if (active != null) {
            return active;
        }
        CompletableFuture<PostResult> mine = new CompletableFuture<>();
        CompletableFuture<PostResult> known = in.activations().putIfAbsent(tenant, mine);
        if (known != null) {
            return known;
        }
        CompletableFuture<PostResult> unused = submit(activation(in, tenant, null))
                .thenCompose(result -> {
                    InForce now = inForce.get();
                    return now == in || !now.activations().containsKey(tenant)
                            ? CompletableFuture.completedFuture(result)
                            // Swapped meanwhile: the limits just set are those of the contract before.
                            : submit(activation(now, tenant, in));
                })
                .whenComplete((result, failure) -> {
                    if (failure == null) {
                        mine.complete(result);
                    } else {
                        in.activations().remove(tenant, mine); // before anybody is told, so that who tries again does
                        mine.completeExceptionally(failure);
                    }
                });
        return mine;
    }

    private CompletableFuture<PostResult> submit(ActivateOperation activation) {
        return calls.submitPatiently(activation).thenApply(result -> told(activation, result));
    }

    /** Limits that stay as they are look like a contract that does not work: somebody has to be told why. */
    private static PostResult told(ActivateOperation activation, PostResult result) {
        activation
                .outranked()
                .forEach((budget, revision) -> LOG.warn(
                        "Budget '{}' of tenant '{}' keeps its limit, which revision {} of the contract set: this guard has a lower one."
                                + " Give it the newer contract, or raise metadata.revision to go back on purpose.",
                        budget,
                        activation.tenant(),
                        revision));
        return result;
    }

    private ActivateOperation activation(InForce in, String tenant, @Nullable InForce before) {
        return new ActivateOperation(
                tenant,
                in.namespace(),
                ids.next(),
                // What was set is put back in the name of the revision that had set it.
                in.limits(before == null ? in.revision() : Math.max(in.revision(), before.revision())),
                in.postings(),
                before == null ? null : before.digest());
    }

    /** Does what {@link DecisionEngine#swap} promises. */
    void swap(Contract contract, ModelCatalogue catalogue, PriceBook prices) {
        synchronized (swapping) {
            InForce before = inForce.get();
            InForce next = InForce.of(contract, catalogue, prices, names, ids);
            requireNoEarlierRevision(before, next);
            List<String> done = new ArrayList<>();
            try {
                for (String tenant : tenants(before)) {
                    put(next, tenant, before);
                    done.add(tenant);
                }
            } catch (RuntimeException failure) {
                putBack(before, done, next, failure);
                throw failure;
            }
            inForce.set(next);
            // Who was decided for the first time meanwhile has the old limits.
            for (String tenant : tenants(before)) {
                if (!done.contains(tenant)) {
                    putOrLeaveToNextDecision(next, tenant, before);
                }
            }
            LOG.info(
                    "Contract '{}' {} is in force in place of {}", contract.name(), contract.digest(), before.digest());
        }
    }

    /** Its limits would change nothing, while its rules decided: neither the one contract nor the other. */
    private static void requireNoEarlierRevision(InForce before, InForce next) {
        if (next.revision() < before.revision()) {
            String name = next.contract().name();
            throw new ContractException(
                    name,
                    List.of(
                            new Finding(
                                    name,
                                    0,
                                    0,
                                    "metadata.revision",
                                    (next.revision() == 0 ? "there is none" : "is " + next.revision())
                                            + ", but the contract in force has " + before.revision()
                                            + ": a lower one changes no limit. Raise it, also to go back to what was before.")));
        }
    }

    /** Does what {@link DecisionEngine#reject} promises. */
    void reject(String name, String fault) {
        InForce in = inForce.get();
        Set<String> tenants = new TreeSet<>(tenants(in));
        in.contract().tenant().ifPresent(tenants::add);
        String reason = fault.length() > MOST_FAULT ? fault.substring(0, MOST_FAULT) + "…" : fault;
        for (String tenant : tenants) {
            RejectOperation rejection = new RejectOperation(
                    tenant,
                    in.namespace(),
                    ids.next(),
                    name,
                    reason,
                    in.activations().containsKey(tenant),
                    in.postings());
            calls.await(rejection);
        }
    }

    private List<String> tenants(InForce in) {
        return in.activations().keySet().stream().sorted().toList();
    }

    private void put(InForce next, String tenant, InForce before) {
        ActivateOperation activation = activation(next, tenant, before);
        PostResult result = told(activation, calls.await(activation, late -> takeBack(next, tenant)));
        next.activations().put(tenant, CompletableFuture.completedFuture(result));
    }

    /** The contract is in force already: what cannot be put now is put before the tenant's next decision, as for any tenant. */
    private void putOrLeaveToNextDecision(InForce next, String tenant, InForce before) {
        try {
            put(next, tenant, before);
        } catch (LedgerUnavailableException unavailable) {
            LOG.warn(
                    "Limits of contract {} wait for the next decision of tenant '{}': {}",
                    next.digest(),
                    tenant,
                    unavailable.getMessage());
        }
    }

    /** A swap that was given up while the ledger carried it out after all leaves no limits of the contract it wanted. */
    @SuppressWarnings("ReferenceEquality") // the very one, not one that says the same
    private void takeBack(InForce late, String tenant) {
        synchronized (swapping) {
            InForce now = inForce.get();
            if (now != late) {
                calls.await(activation(now, tenant, late), again -> takeBack(late, tenant));
            }
        }
    }

    private void putBack(InForce before, List<String> tenants, InForce refused, RuntimeException failure) {
        for (String tenant : tenants) {
            try {
                calls.await(activation(before, tenant, refused));
            } catch (RuntimeException again) {
                failure.addSuppressed(again);
            }
        }
    }
}
