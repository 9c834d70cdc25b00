package io.spendguard.jdbc;

import io.spendguard.json.JsonObject;
import io.spendguard.model.Amount;
import io.spendguard.model.ApproverRole;
import io.spendguard.model.Effect;
import io.spendguard.model.LedgerUnavailableException;
import io.spendguard.model.Reason;
import io.spendguard.model.ReasonCode;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The decisions that wait for an approval: whose time is not over by the database's clock, and that nobody has answered. Each call opens a
 * connection of its own and blocks. Safe for any number of threads.
 *
 * @see io.spendguard.Guard#approve
 */
public final class PendingApprovals {
    private static final String PENDING = """
            select asking.payload
              from (
                select event.tenant, event.payload, convert_from(event.payload, 'UTF8')::jsonb as event
                  from spendguard.outbox event
                 where event.type = 'io.spendguard.decision.v1'
                   and position('"effect":"require_approval"'::bytea in event.payload) > 0
                   and (?::text is null or event.tenant = ?)) asking
             where asking.event #>> '{data,decision,effect}' = 'require_approval'
               and asking.event #>> '{data,decision,mode}' = 'enforce'
               and (asking.event #>> '{data,decision,approval,until}')::timestamptz > clock_timestamp()
               and not exists (
                   select from spendguard.idempotency answered
                    where answered.tenant = asking.tenant
                      and answered.operation = 'APPROVE'
                      and answered.key = asking.event #>> '{data,action,key}'
                      and answered.answer is not null)
             order by asking.event #>> '{data,decision,approval,until}', asking.event ->> 'decisionid'
             limit ?
            """;

    private final LogDatabase database;

    private PendingApprovals(DataSource dataSource) {
        this.database = new LogDatabase(dataSource, "spendguard_app");
    }

    /**
     * The waiting decisions of a database that {@link PostgresLedger#migrate} prepared. Nothing is asked of the database yet.
     *
     * @param dataSource makes a new connection on each call, as a login role to which {@code spendguard_app} was granted
     */
    public static PendingApprovals open(DataSource dataSource) {
        return new PendingApprovals(Objects.requireNonNull(dataSource, "dataSource"));
    }

    /**
     * Those whose time is over first, at most so many. Takes time with how many decisions ever asked and were not dropped, not with how
     * many there are.
     *
     * @param tenant whose, or null for everybody's
     * @throws LedgerUnavailableException when the database cannot be reached
     */
    public List<Pending> list(@Nullable String tenant, int atMost) {
        return database.transaction(sql -> sql.fetch(PENDING, tenant, tenant, atMost)
                .map(row -> Pending.of(JsonObject.parse(row.get(0, byte[].class)))));
    }

    /**
     * A decision that waits.
     *
     * @param tenant whose
     * @param key the action's key, by which it is approved or denied
     * @param decisionId the decision
     * @param subject what is to be done: the model, the tool, or the kind of action
     * @param run the action's run, or null
     * @param cost what it is expected to cost, or null where it costs no money
     * @param role who may approve it, or somebody with a stricter role
     * @param until when its time is over
     * @param fallback what becomes of it when nobody answers
     * @param reasons what asks for the approval
     */
    public record Pending(
            String tenant,
            String key,
            UUID decisionId,
            String subject,
            @Nullable String run,
            @Nullable Amount cost,
            ApproverRole role,
            Instant until,
            Effect fallback,
            List<Reason> reasons) {
        /** Copies the list. */
        public Pending {
            reasons = List.copyOf(reasons);
        }

        private static Pending of(JsonObject event) {
            JsonObject data = event.object("data");
            JsonObject action = data.object("action");
            JsonObject decision = data.object("decision");
            JsonObject approval = decision.object("approval");
            String cost = data.object("estimate").stringOrNull("cost");
            return new Pending(
                    event.string("tenantid"),
                    action.string("key"),
                    UUID.fromString(decision.string("id")),
                    Stream.of("model", "tool", "kind")
                            .filter(action::has)
                            .map(action::string)
                            .findFirst()
                            .orElse("action"),
                    event.stringOrNull("runid"),
                    cost == null ? null : Amount.parse(cost),
                    ApproverRole.parse(approval.string("role")),
                    Instant.parse(approval.string("until")),
                    Effect.valueOf(approval.string("fallback").toUpperCase(Locale.ROOT)),
                    decision.objects("reasons").stream()
                            .limit(approval.has("asks") ? approval.integer("asks") : Long.MAX_VALUE)
                            .map(reason -> new Reason(
                                    new ReasonCode(reason.string("code")),
                                    reason.stringOrNull("rule"),
                                    reason.string("text")))
                            .toList());
        }
    }
}
