package io.spendguard.examples;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.model.Action;
import io.spendguard.model.Balance;
import io.spendguard.model.Decision;
import io.spendguard.model.Permit;
import io.spendguard.model.Reason;
import java.util.ArrayList;
import java.util.List;

/**
 * The library in one page: an agent that cannot stop asking, and the budget that stops it. It asks 100 times for a call
 * of gpt-4o that costs 0.18 USD; its run may spend 1.00 USD.
 */
final class Runaway implements Demo {
    private static final int ATTEMPTS = 100;

    @Override
    public String name() {
        return "runaway";
    }

    @Override
    public void play(Stage stage) {
        Contract contract = stage.contract("runaway");
        String tenant = stage.newTenant();
        Evidence evidence = Evidence.begin(stage.folder(), name());
        FakeProvider provider = new FakeProvider();
        List<Reason> refusals = new ArrayList<>();
        Balance budget;
        stage.tell("an agent that asks for %d calls of gpt-4o, %s", ATTEMPTS, Stage.limits(contract));

        try (Guard guard = Guard.builder()
                .contract(contract)
                .ledger(stage.openLedger())
                .signer(evidence.signer())
                .clock(stage.clock())
                .build()) {
            for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
                Action call = Action.llmCall("openai", "gpt-4o")
                        .tenant(tenant)
                        .run("runaway")
                        .inputTokens(8_000)
                        .maxOutputTokens(16_000)
                        .build();

                Decision decision = guard.decide(call);

                if (decision instanceof Decision.Allowed allowed) {
                    try (Permit permit = allowed.permit()) {
                        stage.tell(
                                "  call %d: %s, %s held",
                                attempt, decision.effect(), permit.held().get(0));
                        permit.commit(provider.call(permit.effective()));
                    }
                } else {
                    Reason reason = decision.reasons().get(0);
                    if (!refusals.contains(reason)) {
                        stage.tell("  call %d: %s, %s", attempt, decision.effect(), reason);
                    }
                    refusals.add(reason);
                }
            }
            budget = guard.balances(tenant).get(0);
        }

        String stoppedBy =
                refusals.isEmpty() ? "nothing" : refusals.get(0).code().value();
        stage.tell(
                "  budget %s: %s spent, %s available of %s",
                budget.budgetId(), budget.spent(), budget.available(), budget.limit());
        stage.tell(
                "%s: %d of %d calls reached the provider, spent %s, stopped by %s",
                name(), provider.calls(), ATTEMPTS, budget.spent(), stoppedBy);
        long spentNanos = budget.spent().atomic();
        DemoFailedException.unlessSame("spent, in nanos", provider.billedNanos(), spentNanos);
        DemoFailedException.unlessSame("calls allowed", provider.calls(), ATTEMPTS - refusals.size());
        evidence.exportAndVerify(stage, tenant, contract);
    }
}
