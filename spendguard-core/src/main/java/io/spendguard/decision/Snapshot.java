package io.spendguard.decision;

import io.spendguard.ledger.Namespace;
import io.spendguard.model.Action;
import io.spendguard.model.Digest;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Stage 1: everything a decision starts from, fixed once, so that evaluating again on locked rows asks the same question.
 *
 * @param action the action, completed from the scope
 * @param fingerprint what the run remembers the action by; null when nothing looks for repeats, and for an action that is
 *     the same as no other
 * @param content what an approval is tied to beside the request; null when no rule asks for one, and for an action without content
 * @param tenant whose budgets and evidence
 * @param namespace real or shadow
 * @param at the host's time
 * @param decisionId identifies the decision, its reservation and its evidence
 * @param eventId identifies the decision's audit event
 * @param transactionId identifies the entries
 */
record Snapshot(
        Action action,
        @Nullable Long fingerprint,
        @Nullable Digest content,
        String tenant,
        Namespace namespace,
        Instant at,
        UUID decisionId,
        UUID eventId,
        UUID transactionId) {}
