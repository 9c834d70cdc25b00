package io.spendguard.spring;

import io.spendguard.Call;
import io.spendguard.model.Action;
import io.spendguard.model.Decision;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import io.spendguard.model.SpendDeniedException;
import java.util.List;

/** A decision that lets an action run, with the call that settles it. */
record Admitted(Decision.Allowed decision, Call call) {
    /** The action to run. */
    Action effective() {
        return call.effective();
    }

    /** Gives the hold back and answers STOP: the patch does not fit this request. */
    SpendDeniedException patchFailed(String why) {
        return stopped(ReasonCode.DEGRADE_FAILED, why, true);
    }

    /** The stop that cuts a stream; the call is settled by the cut itself. */
    SpendDeniedException outgrown(String why) {
        return stopped(new ReasonCode("HOLD_OUTGROWN"), why, false);
    }

    private SpendDeniedException stopped(ReasonCode code, String why, boolean isUnsent) {
        SpendDeniedException denied = new SpendDeniedException(new Decision.Stop(
                decision.decisionId(),
                List.of(Reason.of(code, why)),
                decision.contract(),
                decision.auditEvent().orElse(null)));
        if (isUnsent) {
            call.notSent(denied);
        }
        return denied;
    }
}
