package io.spendguard.jdbc;

import static io.spendguard.jdbc.schema.Tables.ACCOUNT;
import static io.spendguard.jdbc.schema.Tables.OUTBOX;
import static io.spendguard.jdbc.schema.Tables.PERSONAL_VALUE;
import static io.spendguard.jdbc.schema.Tables.RESERVATION;
import static io.spendguard.jdbc.schema.Tables.RESERVATION_CLAIM;
import static io.spendguard.jdbc.schema.Tables.RUN_STATE;
import static org.jooq.impl.DSL.arrayAgg;
import static org.jooq.impl.DSL.field;
import static org.jooq.impl.DSL.name;
import static org.jooq.impl.DSL.noCondition;
import static org.jooq.impl.DSL.select;
import static org.jooq.impl.DSL.val;

import io.spendguard.ledger.Account;
import io.spendguard.ledger.AccountId;
import io.spendguard.ledger.AccountState;
import io.spendguard.ledger.Claim;
import io.spendguard.ledger.EventDraft;
import io.spendguard.ledger.Namespace;
import io.spendguard.ledger.RecentActions;
import io.spendguard.ledger.Reservation;
import io.spendguard.ledger.RunState;
import io.spendguard.ledger.SealedEvent;
import io.spendguard.model.Digest;
import io.spendguard.model.Period;
import io.spendguard.model.Unit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jooq.Condition;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jooq.Select;
import org.jooq.TableField;
import org.jspecify.annotations.Nullable;

/** Turns rows into the ledger's nouns. */
final class Rows {
    /** Holds for every account. Stated by who looks for accounts by their budget: only so is the index for that in the game. */
    static final Condition FOUND_BY_BUDGET = ACCOUNT.WINDOW_FROM.lt(ACCOUNT.WINDOW_UNTIL);

    private static final Field<byte[][]> COMMITMENTS =
            personal(PERSONAL_VALUE.COMMITMENT).as("commitments");
    private static final Field<String[]> VALUES = personal(PERSONAL_VALUE.VALUE).as("personal_values");
    private static final Field<byte[][]> SALTS = personal(PERSONAL_VALUE.SALT).as("salts");
    private static final int DIGEST_BYTES = 32;

    /** From one account's last part straight to the next account's: what came before stands in the last one. */
    private static final String CLAIMS = """
            with recursive last as (
                select part.*
                  from (select distinct * from unnest({0}, {1}) as wanted(tenant, reservation_id)) wanted
                 cross join lateral (
                    select claim.*
                      from spendguard.reservation_claim claim
                     where claim.tenant = wanted.tenant and claim.reservation_id = wanted.reservation_id
                     order by claim.account_id desc, claim.part desc
                     limit 1) part
                 union all
                select part.*
                  from last
                 cross join lateral (
                    select claim.*
                      from spendguard.reservation_claim claim
                     where claim.tenant = last.tenant and claim.reservation_id = last.reservation_id
                       and claim.account_id < last.account_id
                     order by claim.account_id desc, claim.part desc
                     limit 1) part)
            select last.reservation_id, last.held_before + last.atoms as held,
                   last.committed_before - case when last.part > 0 then least(last.atoms, 0) else 0 end as committed,
                   account.*
              from last
             cross join lateral (
                select known.*
                  from spendguard.account known
                 where known.tenant = last.tenant and known.account_id = last.account_id
                offset 0) account
             order by last.account_id
            """;

    private static final Field<Long> HELD = field(name("held"), Long.class);
    private static final Field<Long> COMMITTED = field(name("committed"), Long.class);
    private static final List<Field<?>> CLAIM_FIELDS = Stream.concat(
                    Stream.of(RESERVATION_CLAIM.RESERVATION_ID, HELD, COMMITTED), ACCOUNT.fieldStream())
            .toList();

    private Rows() {}

    static AccountState accountState(Record row) {
        return new AccountState(
                account(row),
                row.get(ACCOUNT.LIMIT_ATOMS),
                row.get(ACCOUNT.SPENT_ATOMS),
                row.get(ACCOUNT.HELD_ATOMS),
                row.get(ACCOUNT.DEBT_ATOMS),
                row.get(ACCOUNT.GRANTED_ATOMS));
    }

    static Account account(Record row) {
        return new Account(
                new AccountId(row.get(ACCOUNT.ACCOUNT_ID)),
                row.get(ACCOUNT.TENANT),
                Namespace.valueOf(row.get(ACCOUNT.NAMESPACE)),
                row.get(ACCOUNT.BUDGET_ID),
                row.get(ACCOUNT.KEY),
                new Period(row.get(ACCOUNT.WINDOW_FROM), row.get(ACCOUNT.WINDOW_UNTIL)),
                new Unit(row.get(ACCOUNT.UNIT)));
    }

    static RunState run(Record row) {
        return new RunState(
                row.get(RUN_STATE.RUN),
                row.get(RUN_STATE.STEPS),
                row.get(RUN_STATE.STOPPED_BY),
                row.get(RUN_STATE.STOP_CODE),
                RecentActions.ofBytes(row.get(RUN_STATE.RECENT)));
    }

    static Reservation reservation(Record row, List<Claim> claims) {
        return new Reservation(
                row.get(RESERVATION.RESERVATION_ID),
                row.get(RESERVATION.TENANT),
                Namespace.valueOf(row.get(RESERVATION.NAMESPACE)),
                row.get(RESERVATION.RUN),
                Reservation.State.valueOf(row.get(RESERVATION.STATE)),
                row.get(RESERVATION.EXPIRES_AT),
                row.get(RESERVATION.TERMS),
                claims);
    }

    /** A reservation's claims, as decided and extended, with their accounts, in order of account id. */
    static List<Claim> claims(DSLContext sql, String tenant, UUID reservation) {
        ReservationKey key = new ReservationKey(tenant, reservation);
        return claims(sql, List.of(key)).getOrDefault(key, List.of());
    }

    /** The claims of some reservations, with their accounts, in order of account id. Reads one row of each, however many parts. */
    static Map<ReservationKey, List<Claim>> claims(DSLContext sql, Collection<ReservationKey> reservations) {
        Map<ReservationKey, List<Claim>> claims = new HashMap<>();
        sql.resultQuery(
                        CLAIMS,
                        val(reservations.stream().map(ReservationKey::tenant).toArray(String[]::new)),
                        val(reservations.stream().map(ReservationKey::id).toArray(UUID[]::new)))
                .coerce(CLAIM_FIELDS)
                .forEach(row -> claims.computeIfAbsent(
                                new ReservationKey(row.get(ACCOUNT.TENANT), row.get(RESERVATION_CLAIM.RESERVATION_ID)),
                                key -> new ArrayList<>())
                        .add(new Claim(account(row), row.get(HELD), row.get(COMMITTED))));
        return claims;
    }

    /** All events of one tenant or of all (null), in order; without those that were dropped. */
    static Select<Record> events(DSLContext sql, @Nullable String tenant) {
        return sql.select(OUTBOX.fields())
                .select(COMMITMENTS, VALUES, SALTS)
                .from(OUTBOX)
                .where(tenant == null ? noCondition() : OUTBOX.TENANT.eq(tenant))
                .and(OUTBOX.PAYLOAD.isNotNull())
                .orderBy(OUTBOX.TENANT, OUTBOX.STREAM, OUTBOX.SEQ);
    }

    static SealedEvent event(Record row) {
        EventDraft draft = new EventDraft(
                row.get(OUTBOX.EVENT_ID),
                row.get(OUTBOX.TENANT),
                row.get(OUTBOX.TYPE),
                row.get(OUTBOX.PAYLOAD),
                Digest.of(row.get(OUTBOX.DIGEST)),
                personal(row));
        return new SealedEvent(
                draft,
                row.get(OUTBOX.STREAM),
                row.get(OUTBOX.SEQ),
                Digest.of(row.get(OUTBOX.CHAIN)),
                row.get(OUTBOX.BATCH_SIZE),
                row.get(OUTBOX.LEAF_INDEX),
                path(row.get(OUTBOX.PATH)),
                row.get(OUTBOX.SIGNATURE),
                row.get(OUTBOX.KEY_ID));
    }

    private static List<EventDraft.PersonalValue> personal(Record row) {
        byte[][] commitments = row.get(COMMITMENTS);
        if (commitments == null) {
            return List.of();
        }
        List<EventDraft.PersonalValue> personal = new ArrayList<>();
        for (int i = 0; i < commitments.length; i++) {
            personal.add(
                    new EventDraft.PersonalValue(Digest.of(commitments[i]), row.get(VALUES)[i], row.get(SALTS)[i]));
        }
        return personal;
    }

    private static <T> Field<T[]> personal(TableField<Record, T> column) {
        return field(select(arrayAgg(column).orderBy(PERSONAL_VALUE.COMMITMENT))
                .from(PERSONAL_VALUE)
                .where(PERSONAL_VALUE.TENANT.eq(OUTBOX.TENANT))
                .and(PERSONAL_VALUE.EVENT_ID.eq(OUTBOX.EVENT_ID)));
    }

    private static List<Digest> path(byte[] joined) {
        List<Digest> path = new ArrayList<>();
        for (int from = 0; from < joined.length; from += DIGEST_BYTES) {
            path.add(Digest.of(Arrays.copyOfRange(joined, from, from + DIGEST_BYTES)));
        }
        return path;
    }
}
