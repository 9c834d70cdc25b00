package io.spendguard.jdbc.cli;

import io.spendguard.decision.Approvals;
import io.spendguard.jdbc.PostgresLedger;
import io.spendguard.json.JsonObject;
import io.spendguard.model.Approval;
import io.spendguard.model.Approver;
import io.spendguard.model.ApproverRole;
import java.io.IOException;
import java.time.Clock;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code spendguard approval approve|deny} */
final class ApprovalCommands {
    private ApprovalCommands() {}

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
                    Approvals approvals = auditKey.open(Approvals::open, ledger, clock)) {
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
