package io.spendguard.model;

import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The answer to "may this action run?". Either {@link Allowed}, with a permit to settle, or {@link Refused}.
 *
 * <p>A refusal is a value, not an exception; {@link #orThrow} turns it into one for callers that must break a call.
 * Immutable; safe for any number of threads.
 */
public sealed interface Decision {
    /** Passed to {@link #orThrow(Accept)} by callers that run {@link Permit#effective()} and not their own request. */
    enum Accept {
        /** The caller applies the degrade patch. */
        ACCEPT_DEGRADE
    }

    /** Identifies this decision in the ledger and in evidence; UUIDv7. */
    UUID decisionId();

    /** Which of the five answers it is. */
    Effect effect();

    /** Why, the deciding reason first. Empty only for a plain CONTINUE. */
    List<Reason> reasons();

    /** The contract that decided, by its canonical content. */
    Digest contract();

    /** The decision's audit event, empty when nothing could be written. */
    Optional<UUID> auditEvent();

    /**
     * The caller's own share of the evidence, to be kept apart from the ledger; empty when nothing was written, and when the
     * decision was written before and is only told again.
     */
    Optional<Receipt> receipt();

    /**
     * The permit of a CONTINUE.
     *
     * @throws SpendDeniedException for every other answer, DEGRADE included: who does not say that it applies the patch
     *     must not run the unpatched call. The hold of a degrade refused this way is released.
     */
    default Permit orThrow() {
        if (this instanceof Continue allowed) {
            return allowed.permit();
        }
        if (this instanceof Degrade degrade) {
            degrade.permit().release("degrade not accepted by the caller");
        }
        throw new SpendDeniedException(this);
    }

    /**
     * The permit of a CONTINUE or a DEGRADE. The caller runs {@link Permit#effective()}.
     *
     * @throws SpendDeniedException for every refusal; it carries this decision
     */
    default Permit orThrow(Accept accept) {
        Objects.requireNonNull(accept, "accept");
        if (this instanceof Allowed allowed) {
            return allowed.permit();
        }
        throw new SpendDeniedException(this);
    }

    /** The action may run; its budget is held until the permit is settled. */
    sealed interface Allowed extends Decision {
        /** The hold, to be settled once. */
        Permit permit();
    }

    /** The action must not run; nothing is held. */
    sealed interface Refused extends Decision {}

    /**
     * Runs as asked.
     *
     * @param decisionId see {@link Decision#decisionId()}
     * @param reasons see {@link Decision#reasons()}
     * @param contract see {@link Decision#contract()}
     * @param auditEventId the audit event's id, or null when shadow mode let a call pass that could not be recorded
     * @param permit the hold
     * @param proof see {@link Decision#receipt()}, or null
     */
    record Continue(
            UUID decisionId,
            List<Reason> reasons,
            Digest contract,
            @Nullable UUID auditEventId,
            Permit permit,
            @Nullable Receipt proof)
            implements Allowed {
        /** Copies the list. */
        public Continue {
            reasons = List.copyOf(reasons);
        }

        /** Without a receipt. */
        public Continue(
                UUID decisionId, List<Reason> reasons, Digest contract, @Nullable UUID auditEventId, Permit permit) {
            this(decisionId, reasons, contract, auditEventId, permit, null);
        }

        @Override
        public Effect effect() {
            return Effect.CONTINUE;
        }

        @Override
        public Optional<UUID> auditEvent() {
            return Optional.ofNullable(auditEventId);
        }

        @Override
        public Optional<Receipt> receipt() {
            return Optional.ofNullable(proof);
        }
    }

    /**
     * Runs patched: {@link Permit#effective()} is what may be called.
     *
     * @param decisionId see {@link Decision#decisionId()}
     * @param reasons see {@link Decision#reasons()}
     * @param contract see {@link Decision#contract()}
     * @param auditEventId the audit event's id
     * @param patch what changed
     * @param permit the hold, sized on the patched action
     * @param proof see {@link Decision#receipt()}, or null
     */
    record Degrade(
            UUID decisionId,
            List<Reason> reasons,
            Digest contract,
            UUID auditEventId,
            Patch patch,
            Permit permit,
            @Nullable Receipt proof)
            implements Allowed {
        /** Copies the list. */
        public Degrade {
            reasons = List.copyOf(reasons);
        }

        /** Without a receipt. */
        public Degrade(
                UUID decisionId, List<Reason> reasons, Digest contract, UUID auditEventId, Patch patch, Permit permit) {
            this(decisionId, reasons, contract, auditEventId, patch, permit, null);
        }

        @Override
        public Effect effect() {
            return Effect.DEGRADE;
        }

        @Override
        public Optional<UUID> auditEvent() {
            return Optional.of(auditEventId);
        }

        @Override
        public Optional<Receipt> receipt() {
            return Optional.ofNullable(proof);
        }
    }

    /**
     * Waits for a person's approval, which {@code Guard.approve} records under the action's key. Deciding the same action again tells what
     * became of it.
     *
     * @param decisionId see {@link Decision#decisionId()}
     * @param reasons see {@link Decision#reasons()}; those of rules name the rules an approval must satisfy
     * @param contract see {@link Decision#contract()}
     * @param auditEventId the audit event's id
     * @param approval who may approve and how long, for all rules that ask
     * @param proof see {@link Decision#receipt()}, or null
     */
    record RequireApproval(
            UUID decisionId,
            List<Reason> reasons,
            Digest contract,
            UUID auditEventId,
            ApprovalTerms approval,
            @Nullable Receipt proof)
            implements Refused {
        /** Copies the list. */
        public RequireApproval {
            Objects.requireNonNull(approval, "approval");
            reasons = List.copyOf(reasons);
        }

        /** Without a receipt. */
        public RequireApproval(
                UUID decisionId, List<Reason> reasons, Digest contract, UUID auditEventId, ApprovalTerms approval) {
            this(decisionId, reasons, contract, auditEventId, approval, null);
        }

        @Override
        public Effect effect() {
            return Effect.REQUIRE_APPROVAL;
        }

        @Override
        public Optional<UUID> auditEvent() {
            return Optional.of(auditEventId);
        }

        @Override
        public Optional<Receipt> receipt() {
            return Optional.ofNullable(proof);
        }
    }

    /**
     * Leaves this action out; the run goes on.
     *
     * @param decisionId see {@link Decision#decisionId()}
     * @param reasons see {@link Decision#reasons()}
     * @param contract see {@link Decision#contract()}
     * @param auditEventId the audit event's id
     * @param targets the optional steps of the run to leave out; empty when this action alone is meant
     * @param proof see {@link Decision#receipt()}, or null
     */
    record Skip(
            UUID decisionId,
            List<Reason> reasons,
            Digest contract,
            UUID auditEventId,
            SortedSet<String> targets,
            @Nullable Receipt proof)
            implements Refused {
        /** Copies the collections. */
        public Skip {
            reasons = List.copyOf(reasons);
            targets = Collections.unmodifiableSortedSet(new TreeSet<>(targets));
        }

        /** Of this action alone, without a receipt. */
        public Skip(UUID decisionId, List<Reason> reasons, Digest contract, UUID auditEventId) {
            this(decisionId, reasons, contract, auditEventId, new TreeSet<>(), null);
        }

        @Override
        public Effect effect() {
            return Effect.SKIP;
        }

        @Override
        public Optional<UUID> auditEvent() {
            return Optional.of(auditEventId);
        }

        @Override
        public Optional<Receipt> receipt() {
            return Optional.ofNullable(proof);
        }
    }

    /**
     * Ends the run, when it was recorded; an unrecorded stop (ledger unreachable, already decided elsewhere) ends only
     * this action.
     *
     * @param decisionId see {@link Decision#decisionId()}
     * @param reasons see {@link Decision#reasons()}
     * @param contract see {@link Decision#contract()}
     * @param auditEventId the audit event's id, or null when nothing could be written
     * @param proof see {@link Decision#receipt()}, or null
     */
    record Stop(
            UUID decisionId,
            List<Reason> reasons,
            Digest contract,
            @Nullable UUID auditEventId,
            @Nullable Receipt proof)
            implements Refused {
        /** Copies the list. */
        public Stop {
            reasons = List.copyOf(reasons);
        }

        /** Without a receipt. */
        public Stop(UUID decisionId, List<Reason> reasons, Digest contract, @Nullable UUID auditEventId) {
            this(decisionId, reasons, contract, auditEventId, null);
        }

        @Override
        public Effect effect() {
            return Effect.STOP;
        }

        @Override
        public Optional<UUID> auditEvent() {
            return Optional.ofNullable(auditEventId);
        }

        @Override
        public Optional<Receipt> receipt() {
            return Optional.ofNullable(proof);
        }
    }
}
