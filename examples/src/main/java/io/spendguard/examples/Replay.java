package io.spendguard.examples;

import io.spendguard.Guard;
import io.spendguard.contract.Contract;
import io.spendguard.model.Amount;
import io.spendguard.model.Balance;
import io.spendguard.model.Money;
import java.util.List;
import java.util.function.Function;

/**
 * Forty recorded runs of a real agent, step by step through the guard. A budget for each run stops those that go astray,
 * and a daily one sums them all.
 */
final class Replay implements Demo {
    @Override
    public String name() {
        return "replay";
    }

    @Override
    public void play(Stage stage) {
        Contract contract = stage.contract("airline");
        String tenant = stage.newTenant();
        Evidence evidence = Evidence.begin(stage.folder(), name());
        OwnBooks books = new OwnBooks(contract);
        List<AgentRun> runs = AgentRunReader.airline();
        RecordedAgent agent;
        List<Balance> balances;
        stage.tell("%d recorded runs of an airline's agent, %s", runs.size(), Stage.limits(contract));

        try (Guard guard = Guard.builder()
                .contract(contract)
                .ledger(stage.openLedger())
                .signer(evidence.signer())
                .clock(stage.clock())
                .build()) {
            agent = new RecordedAgent(guard, tenant, books);
            int done = 0;
            for (AgentRun run : runs) {
                agent.act(run);
                done++;
                stage.tellProgress(done, runs.size(), progress(done, runs.size(), agent));
            }
            balances = guard.balances(tenant);
        }

        tellBalances(stage, balances, agent);
        stage.tell(
                "%s: %d of %d runs stopped by their budget, spent %s; all calls recorded cost %s",
                name(), agent.stoppedRuns(), runs.size(), usd(agent.billedNanos()), usd(agent.recordedNanos()));
        books.requireSame(balances);
        DemoFailedException.unlessSame("billed by the provider, in nanos", agent.billedNanos(), books.spentNanos());
        evidence.exportAndVerify(stage, tenant, contract);
    }

    private static String progress(int done, int of, RecordedAgent agent) {
        return done + " of " + of + " runs, " + agent.modelCalls() + " model calls, " + agent.toolCalls()
                + " tool calls, " + agent.stoppedRuns() + " stopped, " + usd(agent.billedNanos());
    }

    private static void tellBalances(Stage stage, List<Balance> balances, RecordedAgent agent) {
        String row = "  %-8s %5s %6s %8s %16s %10s %16s";
        stage.tell(row, "budget", "runs", "calls", "stopped", "spent", "held", "available");
        for (String budget : List.of("per-run", "daily")) {
            List<Balance> accounts = balances.stream()
                    .filter(balance -> balance.budgetId().equals(budget))
                    .toList();
            stage.tell(
                    row,
                    budget,
                    agent.runs(),
                    agent.modelCalls(),
                    agent.stoppedRuns(),
                    sum(accounts, Balance::spent),
                    sum(accounts, Balance::held),
                    sum(accounts, Balance::available));
        }
    }

    private static Amount sum(List<Balance> accounts, Function<Balance, Amount> part) {
        return accounts.stream().map(part).reduce(Amount::plus).orElseThrow();
    }

    private static Money usd(long nanos) {
        return Money.ofNanos(nanos, "USD");
    }
}
