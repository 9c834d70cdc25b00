package io.spendguard.decision;

import io.spendguard.contract.Evaluation;
import io.spendguard.ledger.Claim;
import io.spendguard.model.Action;
import io.spendguard.model.Effect;
import io.spendguard.model.Patch;
import io.spendguard.model.Reason;
import io.spendguard.price.Estimate;
import java.util.List;
import java.util.stream.Stream;

/**
 * Stages 2 and 3: the answer, what the action becomes under it, and what is to be held for it.
 *
 * @param effect the answer
 * @param reasons why, the deciding one first
 * @param matched the rules that matched
 * @param patch what a degrade changes
 * @param followUp what a refusal asks of the caller
 * @param effective the action under the patch
 * @param estimate the most the effective action can cost
 * @param claims the holds, in order of account id; empty for a refusal
 */
record Verdict(
        Effect effect,
        List<Reason> reasons,
        List<String> matched,
        Patch patch,
        FollowUp followUp,
        Action effective,
        Estimate estimate,
        List<Claim> claims) {
    Verdict {
        reasons = List.copyOf(reasons);
        matched = List.copyOf(matched);
        claims = List.copyOf(claims);
    }

    /** What the rules answer, before anything is claimed. */
    static Verdict of(Evaluation evaluation, Action action, Estimate estimate) {
        return new Verdict(
                evaluation.effect(),
                evaluation.reasons(),
                evaluation.matchedRules(),
                evaluation.patch(),
                FollowUp.of(evaluation),
                action,
                estimate,
                List.of());
    }

    /** This verdict for the action as a degrade leaves it. */
    Verdict degradedTo(Action degraded, Estimate most) {
        return new Verdict(effect, reasons, matched, patch, followUp, degraded, most, claims);
    }

    /** This verdict with its holds. */
    Verdict claiming(List<Claim> held) {
        return new Verdict(effect, reasons, matched, patch, followUp, effective, estimate, held);
    }

    /** This verdict with more reasons after those it has. */
    Verdict warnedOf(List<Reason> warnings) {
        return warnings.isEmpty()
                ? this
                : new Verdict(
                        effect,
                        Stream.concat(reasons.stream(), warnings.stream()).toList(),
                        matched,
                        patch,
                        followUp,
                        effective,
                        estimate,
                        claims);
    }

    /** This verdict turned into a STOP for one more reason, which becomes the deciding one. */
    Verdict stoppedBy(Reason reason) {
        return new Verdict(
                Effect.STOP,
                Stream.concat(Stream.of(reason), reasons.stream()).toList(),
                matched,
                Patch.NONE,
                FollowUp.NONE,
                effective,
                estimate,
                List.of());
    }
}
