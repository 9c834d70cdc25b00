package io.spendguard.jdbc.cli;

import io.spendguard.decision.Approvals;
import io.spendguard.jdbc.EvidenceReader;
import io.spendguard.jdbc.PendingApprovals;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Approval;
import io.spendguard.model.Approver;
import io.spendguard.model.ApproverRole;
import java.io.IOException;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spendguard approval list|approve|deny} */
final class ApprovalCommands {
    private ApprovalCommands() {}

    @Command(
            name = "list",
            description = "Lists the actions that wait for an approval, the most urgent first.",
            mixinStandardHelpOptions = true)
    static final class ListPending extends DatabaseCommand {
        private static final int MOST = 1_000;

        @Option(names = "--tenant", description = "whose; everybody's by default")
        private @Nullable String tenant;

        ListPending(Terminal terminal, Map<String, String> environment) {
            super(terminal, environment);
        }

        @Override
        public Integer call() throws IOException {
            PGSimpleDataSource source = dataSource();
            List<PendingApprovals.Pending> pending =
                    PendingApprovals.open(source).list(tenant, MOST);
            if (pending.isEmpty() && tenant != null) {
                EvidenceReader.open(source).requireTenant(tenant);
            }
            if (json) {
                terminal.json(JsonObject.create()
                        .put(
                                "pending",
                                pending.stream().map(ListPending::toJson).toList()));
            } else if (pending.isEmpty()) {
                terminal.line("approval: nothing waits");
            } else {
                List<List<String>> rows = new ArrayList<>();
                rows.add(List.of("TENANT", "KEY", "WHAT", "COST", "ROLE", "UNTIL", "ELSE", "ASKED BY"));
                pending.forEach(each -> rows.add(row(each)));
                TextTable.format(rows).forEach(terminal::line);
                if (pending.size() == MOST) {
                    terminal.line("approval: these are the " + MOST + " most urgent ones; there may be more");
                }
            }
            return SpendGuardCli.OK;
        }

        private static List<String> row(PendingApprovals.Pending each) {
            return List.of(
                    each.tenant(),
                    each.key(),
                    each.subject() + (each.run() == null ? "" : " of run " + each.run()),
                    each.cost() == null ? "-" : each.cost().toString(),
                    each.role().text(),
                    each.until().truncatedTo(ChronoUnit.SECONDS).toString(),
                    each.fallback().name().toLowerCase(Locale.ROOT),
                    each.reasons().stream()
                            .map(reason -> reason.rule().orElse(reason.code().value()))
                            .collect(Collectors.joining(", ")));
        }

        private static JsonObject toJson(PendingApprovals.Pending each) {
            return JsonObject.create()
                    .put("tenant", each.tenant())
                    .put("key", each.key())
                    .put("decision", each.decisionId().toString())
                    .put("subject", each.subject())
                    .putIfPresent("run", each.run())
                    .putIfPresent(
                            "cost", each.cost() == null ? null : each.cost().toString())
                    .put("role", each.role().text())
                    .put("until", each.until().toString())
                    .put("fallback", each.fallback().name().toLowerCase(Locale.ROOT))
                    .put(
                            "reasons",
                            each.reasons().stream()
                                    .map(reason -> JsonObject.create()
                                            .put("code", reason.code().value())
                                            .putIfPresent("rule", reason.ruleId())
                                            .put("text", reason.text()))
                                    .toList());
        }
    }

    @Command(
            name = "approve",
            description = "Permits an attempt at an action that waits for an approval.",
            mixinStandardHelpOptions = true)
    static final class Approve extends Answering {
        Approve(Terminal terminal, Map<String, String> environment, Clock clock) {
            super(terminal, environment, clock);
        }

        @Override
        Approval answer(Approvals approvals, String tenant, String key, Approver by, String reason) {
            return approvals.approve(tenant, key, by, reason);
        }
    }

    @Command(
            name = "deny",
            description = "Stops an action that waits for an approval.",
            mixinStandardHelpOptions = true)
    static final class Deny extends Answering {
        Deny(Terminal terminal, Map<String, String> environment, Clock clock) {
            super(terminal, environment, clock);
        }

        @Override
        Approval answer(Approvals approvals, String tenant, String key, Approver by, String reason) {
            return approvals.deny(tenant, key, by, reason);
        }
    }

    /** Answers one decision and tells of it. */
    @SuppressWarnings("NullAway.Init") // picocli sets what is required
    abstract static sealed class Answering extends DatabaseCommand permits Approve, Deny {
        private final Clock clock;

        @Option(names = "--tenant", required = true, description = "whose action")
        private String tenant;

        @Option(names = "--key", required = true, description = "the action's key, as in its decision's audit event")
        private String key;

        @Option(
                names = "--by",
                required = true,
                paramLabel = "NAME",
                description = "who answers; evidence does not show it")
        private String by;

        @Option(
                names = "--role",
                required = true,
                description = "in which role: team-lead, platform-eng or tenant-admin")
        private String role;

        @Option(names = "--reason", required = true, description = "why, for evidence; no personal value")
        private String reason;

        @Mixin
        private AuditKeyOptions auditKey;

        Answering(Terminal terminal, Map<String, String> environment, Clock clock) {
            super(terminal, environment);
            this.clock = clock;
        }

        abstract Approval answer(Approvals approvals, String tenant, String key, Approver by, String reason);

        @Override
        public Integer call() throws IOException {
            Approver approver = new Approver(by, ApproverRole.parse(role));
            Approval approval;
            try (PostgresLedger ledger = openLedger();
                    OpenKey signing = auditKey.open();
                    Approvals approvals = signing.writer(Approvals::open, ledger, clock)) {
                approval = answer(approvals, tenant, key, approver, reason);
            }
            if (json) {
                terminal.json(JsonObject.create()
                        .put("decision", approval.decisionId().toString())
                        .put("state", approval.state().name())
                        .put("at", approval.at().toString())
                        .put(
                                "covers",
                                approval.covers().stream()
                                        .map(covered -> JsonObject.create()
                                                .put("code", covered.code().value())
                                                .putIfPresent("rule", covered.ruleId()))
                                        .toList())
                        .put("event", approval.auditEventId().toString())
                        .put("replayed", approval.isReplayed()));
            } else {
                terminal.line("approval: " + (approval.isReplayed() ? "was recorded before, " : "")
                        + approval.state().name().toLowerCase(Locale.ROOT) + " '" + key + "' ("
                        + approval.covers().stream()
                                .map(covered -> covered.rule().orElse("by default"))
                                .collect(Collectors.joining(", "))
                        + "), decision " + approval.decisionId() + ", event " + approval.auditEventId());
            }
            return SpendGuardCli.OK;
        }
    }
}
