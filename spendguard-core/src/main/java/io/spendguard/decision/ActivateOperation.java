package io.spendguard.decision;

import io.spendguard.ledger.BudgetLimit;
import io.spendguard.ledger.LedgerOperation;
import io.spendguard.ledger.LedgerView;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.OperationKind;
import io.spendguard.ledger.Posting;
import io.spendguard.model.Digest;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Puts a contract's limits in force for one tenant and records which contract and prices decide from here on. */
final class ActivateOperation implements LedgerOperation {
    private final String tenant;
    private final Namespace namespace;
    private final UUID activationId;
    private final List<BudgetLimit> limits;
    private final Postings postings;
    private final @Nullable Digest replaces;
    /** What the latest plan left alone; written by the ledger's writer, read after the operation completed. */
    private volatile Map<String, Long> outranked = Map.of();

    ActivateOperation(
            String tenant,
            Namespace namespace,
            UUID activationId,
            List<BudgetLimit> limits,
            Postings postings,
            @Nullable Digest replaces) {
        this.tenant = tenant;
        this.namespace = namespace;
        this.activationId = activationId;
        this.limits = List.copyOf(limits);
        this.postings = postings;
        this.replaces = replaces;
    }

    @Override
    public OperationKind kind() {
        return OperationKind.ACTIVATE;
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
        return activationId.toString();
    }

    @Override
    public Digest requestDigest() {
        return postings.contract();
    }

    @Override
    public List<BudgetLimit> limits() {
        return limits;
    }

    /** The budgets that a contract of a higher revision keeps, with that revision; known once the operation completed. */
    Map<String, Long> outranked() {
        return outranked;
    }

    @Override
    public Posting plan(LedgerView view) {
        outranked = view.outranked();
        return postings.activation(tenant, namespace, activationId, limits, replaces, view);
    }
}
