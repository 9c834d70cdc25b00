package io.spendguard.jdbc;

/**
 * What must be true of a ledger's rows at every moment. Each law is one query that returns the rows that break it, first
 * the one to look at first, as {@code tenant}, {@code subject} and {@code message}.
 */
public enum LedgerLaw {
    /** Both sides of every movement are there. */
    ENTRIES_BALANCE("""
            select tenant, 'transaction ' || tx_id as subject,
                   format('Entries on account %s sum to %s: every movement has two sides, which sum to 0.',
                       account_id, sum(atoms)) as message
              from spendguard.ledger_entry
             group by tenant, tx_id, account_id
            having sum(atoms) <> 0
             order by tenant, tx_id, account_id
            """),
    /** Entries are of accounts that exist. */
    ENTRIES_HAVE_ACCOUNTS("""
            select entry.tenant, 'account ' || entry.account_id as subject,
                   format('Transaction %s moves it, but it was never opened.', min(entry.tx_id::text)) as message
              from spendguard.ledger_entry entry
              left join spendguard.account account using (tenant, account_id)
             where account.tenant is null
             group by entry.tenant, entry.account_id
             order by entry.tenant, entry.account_id
            """),
    /** Every balance is what its entries sum to, those that were dropped included. */
    BALANCES_FOLLOW_FROM_ENTRIES("""
            select tenant, format('account %s of budget %s', account_id, budget_id) as subject,
                   format('It has limit %s (granted %s), spent %s, held %s, debt %s, but its entries sum to %s (%s), %s, %s,'
                       ' %s.', limit_atoms, granted_atoms, spent_atoms, held_atoms, debt_atoms, limit_sum, granted_sum,
                       spent_sum, held_sum, debt_sum)
                       as message
              from spendguard.account
              left join lateral (
                select coalesce(-sum(atoms) filter (where kind in ('ADJUSTMENT', 'GRANT')), 0) as limit_sum,
                       coalesce(-sum(atoms) filter (where kind = 'GRANT'), 0) as granted_sum,
                       coalesce(sum(atoms) filter (where kind = 'SPENT'), 0) as spent_sum,
                       coalesce(sum(atoms) filter (where kind = 'HELD'), 0) as held_sum,
                       coalesce(-sum(atoms) filter (where kind = 'DEBT'), 0) as debt_sum
                  from entry_sum
                 where entry_sum.tenant = account.tenant and entry_sum.account_id = account.account_id) sums on true
             where (limit_atoms, granted_atoms, spent_atoms, held_atoms, debt_atoms)
                   is distinct from (limit_sum, granted_sum, spent_sum, held_sum, debt_sum)
             order by tenant, budget_id, account_id
            """),
    /** Nothing is below zero, and whoever owes has nothing available. */
    BALANCES_ARE_POSSIBLE("""
            select tenant, format('account %s of budget %s', account_id, budget_id) as subject,
                   format('Limit %s, spent %s, held %s and debt %s leave %s available: never below 0, and 0 while there'
                       ' is debt.', limit_atoms, spent_atoms, held_atoms, debt_atoms,
                       limit_atoms - spent_atoms - held_atoms + debt_atoms) as message
              from spendguard.account
             where least(limit_atoms - granted_atoms, spent_atoms, held_atoms, debt_atoms,
                       limit_atoms - spent_atoms - held_atoms + debt_atoms) < 0
                or (debt_atoms > 0 and limit_atoms - spent_atoms - held_atoms + debt_atoms > 0)
             order by tenant, budget_id, account_id
            """),
    /** A contract gives an open account its budget's limit, or is about to. */
    LIMITS_ARE_THE_BUDGETS("""
            select account.tenant, format('account %s of budget %s', account_id, budget_id) as subject,
                   format('A contract gives it %s, but its budget %s, and that limit is said to have reached every open account.',
                       account.limit_atoms - account.granted_atoms, budget.limit_atoms) as message
              from spendguard.account account
              join spendguard.budget budget using (tenant, namespace, budget_id)
             where account.unit = budget.unit
               and account.window_until > clock_timestamp()
               and account.limit_atoms - account.granted_atoms <> budget.limit_atoms
               and budget.carried_version = budget.limit_version
             order by account.tenant, budget_id, account_id
            """),
    /** What an account holds is what open reservations hold on it. */
    HOLDS_ARE_EXPLAINED("""
            select account.tenant, format('account %s of budget %s', account.account_id, budget_id) as subject,
                   format('It holds %s, but its open reservations hold %s.', held_atoms, coalesce(open.atoms, 0))
                       as message
              from spendguard.account account
              left join (
                select claim.tenant, claim.account_id, sum(claim.atoms) as atoms
                  from spendguard.reservation_claim claim
                  join spendguard.reservation using (tenant, reservation_id)
                 where state in ('HELD', 'EXTENDED')
                 group by claim.tenant, claim.account_id) open
                on open.tenant = account.tenant and open.account_id = account.account_id
             where held_atoms <> coalesce(open.atoms, 0)
             order by account.tenant, budget_id, account.account_id
            """),
    /** Claims are on accounts of the reservation's own tenant. */
    CLAIMS_HAVE_ACCOUNTS("""
            select claim.tenant, 'reservation ' || claim.reservation_id as subject,
                   format('It claims account %s, which was never opened.', claim.account_id) as message
              from spendguard.reservation_claim claim
              left join spendguard.account account using (tenant, account_id)
             where account.tenant is null
             order by claim.tenant, claim.reservation_id, claim.account_id
            """),
    /** A claim is part of a reservation. */
    CLAIMS_HAVE_RESERVATIONS("""
            select claim.tenant, 'reservation ' || claim.reservation_id as subject,
                   format('Account %s is claimed for it, but it is not there.', min(claim.account_id::text)) as message
              from spendguard.reservation_claim claim
              left join spendguard.reservation using (tenant, reservation_id)
             where reservation.tenant is null
             group by claim.tenant, claim.reservation_id
             order by claim.tenant, claim.reservation_id
            """),
    /** An entry is part of a posting. */
    ENTRIES_HAVE_POSTINGS("""
            select entry.tenant, 'transaction ' || entry.tx_id as subject,
                   format('It has %s entries, but was never posted.', count(*)) as message
              from spendguard.ledger_entry entry
              left join spendguard.ledger_tx using (tenant, tx_id)
             where ledger_tx.tenant is null
             group by entry.tenant, entry.tx_id
             order by entry.tenant, entry.tx_id
            """),
    /** A posting is an operation's, whose key is taken. */
    POSTINGS_HAVE_OPERATIONS("""
            select tx.tenant, 'transaction ' || tx.tx_id as subject,
                   format('It belongs to operation %s ''%s'', whose key is not taken.', tx.operation, tx.key) as message
              from spendguard.ledger_tx tx
              left join spendguard.idempotency using (tenant, operation, key)
             where idempotency.tenant is null
             order by tx.tenant, tx.tx_id
            """),
    /** An event is one of a stream. */
    EVENTS_HAVE_STREAMS("""
            select event.tenant, 'stream ' || event.stream as subject,
                   format('%s events say they are of it, but it is not there.', count(*)) as message
              from spendguard.outbox event
              left join spendguard.stream using (tenant, stream)
             where stream.tenant is null
             group by event.tenant, event.stream
             order by event.tenant, event.stream
            """),
    /** What a claim's parts take was held before them, and each says what came before it. */
    PARTS_FOLLOW_FROM_EACH_OTHER("""
            select tenant, 'reservation ' || reservation_id as subject,
                   format('Part %s of its claim on account %s follows %s held and %s committed, but says %s and %s, and leaves'
                       ' %s.', part, account_id, held, committed, held_before, committed_before, held + atoms) as message
              from (
                select claim.*, coalesce(sum(atoms) over preceding, 0) as held,
                       coalesce(-sum(least(atoms, 0)) over preceding, 0) as committed,
                       row_number() over (partition by tenant, reservation_id, account_id order by part) as place
                  from spendguard.reservation_claim claim
                window preceding as (
                       partition by tenant, reservation_id, account_id order by part
                       rows between unbounded preceding and 1 preceding)) told
             where (held_before, committed_before, part) is distinct from (held, committed, place - 1)
                or held + atoms < 0
             order by tenant, reservation_id, account_id, part
            """),
    /** An operation that was carried out has its answer. */
    KEYS_HAVE_ANSWERS("""
            select taken.tenant, format('operation %s ''%s''', taken.operation, taken.key) as subject,
                   'Its key is taken, but there is no answer for its replays.' as message
              from spendguard.idempotency taken
             where taken.answer is null
             order by taken.tenant, taken.operation, taken.key
            """),
    /** The answer that replays of an operation get is what its event says. */
    ANSWERS_ARE_THE_EVENTS("""
            select tenant, format('operation %s ''%s''', operation, key) as subject,
                   case
                       when event_id is null then 'Its answer for replays names no event that is there.'
                       when not is_its_own then format('Its answer for replays names event %s, which is not its own.', event_id)
                       else format('Its answer for replays does not say what its event %s says.', event_id)
                   end as message
              from (
                select answer.tenant, answer.operation, answer.key, answer.says, event.event_id,
                       case
                           when event.payload is not null then posted.tenant is not null
                           when answer.operation = 'DECIDE' then
                               event.type = 'io.spendguard.decision.v1' and event.decision_id = answer.says ->> 'decision'
                           when answer.operation in ('SETTLE', 'EXPIRE') then
                               event.type = 'io.spendguard.outcome.v1' and event.decision_id = answer.key
                           else true
                       end as is_its_own,
                       convert_from(event.payload, 'UTF8')::jsonb as event
                  from (
                    select tenant, operation, key,
                           (case octet_length(answer) when 0 then '{}' else convert_from(answer, 'UTF8') end)::jsonb as says
                      from spendguard.idempotency
                     where operation not in ('ACTIVATE', 'CARRY') and answer is not null) answer
                  left join spendguard.outbox event
                    on event.tenant = answer.tenant and event.event_id::text = answer.says ->> 'event'
                  left join spendguard.ledger_tx posted
                    on posted.tenant = answer.tenant and posted.operation = answer.operation and posted.key = answer.key
                   and posted.event_id = event.event_id) told
             where event_id is null
                or not is_its_own
                or event is not null and case
                       when operation = 'DECIDE' then
                           (says ->> 'decision', lower(says ->> 'effect'), says -> 'reasons', says ->> 'contract',
                               says -> 'approval', says -> 'targets')
                           is distinct from (event ->> 'decisionid', event #>> '{data,decision,effect}',
                               event #> '{data,decision,reasons}', event #>> '{data,contract}',
                               event #> '{data,decision,approval}', event #> '{data,decision,targets}')
                       when operation in ('SETTLE', 'EXPIRE') then
                           (says ->> 'kind', says -> 'estimated')
                           is distinct from (event #>> '{data,outcome,kind}', event #> '{data,outcome,estimated}')
                           -- What was committed in parts is beside the amounts in the event, and in those of the answer.
                           or not jsonb_path_exists(event, '$.data.actual[*].committed')
                               and says -> 'actual' is distinct from jsonb_path_query_array(event, '$.data.actual[*].amount')
                       when operation = 'CORRECT' then
                           (says ->> 'kind', says ->> 'state', says ->> 'reference')
                           is distinct from (event #>> '{data,outcome,kind}', event #>> '{data,outcome,state}',
                               event #>> '{data,outcome,reference}')
                       when operation = 'APPROVE' then
                           (says ->> 'decision', says ->> 'state', says -> 'by', says ->> 'reason', says -> 'covers')
                           is distinct from (event #>> '{data,approval,decision}', event #>> '{data,approval,state}',
                               event #> '{data,approval,by}', event #>> '{data,approval,reason}',
                               event #> '{data,approval,covers}')
                       when operation = 'EXTEND' then
                           (says -> 'granted', says -> 'reasons')
                           is distinct from (event #> '{data,extension,granted}', event #> '{data,extension,reasons}')
                       when operation = 'COMMIT_PART' then
                           says -> 'reasons' is distinct from event #> '{data,part,reasons}'
                       else false
                   end
             order by tenant, operation, key
            """),
    /** A transfer gives what it takes. */
    TRANSFERS_MINT_NOTHING("""
            select tx.tenant, 'transaction ' || tx.tx_id as subject,
                   format('It transfers %s atoms more than it takes: what one account gets another gives.',
                       -sum(entry.atoms)) as message
              from spendguard.ledger_tx tx
              join spendguard.ledger_entry entry using (tenant, tx_id)
             where tx.operation = 'TRANSFER' and entry.kind = 'GRANT'
             group by tx.tenant, tx.tx_id
            having sum(entry.atoms) <> 0
             order by tx.tenant, tx.tx_id
            """),
    /** The event of a posting tells of exactly its entries. */
    EVENTS_TELL_THE_ENTRIES("""
            select tx.tenant, 'event ' || tx.event_id as subject,
                   format('It tells other entries than transaction %s posted.', tx.tx_id) as message
              from spendguard.ledger_tx tx
              left join spendguard.outbox event using (tenant, event_id)
             where event.payload is null
                or convert_from(event.payload, 'UTF8')::jsonb #>> '{data,transaction}' is distinct from tx.tx_id::text
                or (select coalesce(jsonb_agg(jsonb_build_object('account', account_id, 'kind', kind, 'atomic',
                            atoms::text) order by line), '[]')
                      from spendguard.ledger_entry entry
                     where entry.tenant = tx.tenant and entry.tx_id = tx.tx_id)
                   is distinct from convert_from(event.payload, 'UTF8')::jsonb #> '{data,entries}'
             order by tx.tenant, tx.tx_id
            """),
    /** An event with entries is one posting's. */
    EVENTS_WITH_ENTRIES_ARE_POSTED("""
            select event.tenant, 'event ' || event.event_id as subject,
                   'It tells of entries, but nothing was posted with it.' as message
              from spendguard.outbox event
              left join spendguard.ledger_tx tx using (tenant, event_id)
             where tx.tenant is null
               and jsonb_array_length(coalesce(
                   convert_from(event.payload, 'UTF8')::jsonb #> '{data,entries}', '[]')) > 0
             order by event.tenant, event.event_id
            """),
    /** Every hold was decided by one recorded decision. */
    HOLDS_WERE_DECIDED("""
            select reservation.tenant, 'reservation ' || reservation_id as subject,
                   format('%s decision events tell of it: a hold is one decision''s.', count(event.event_id)) as message
              from spendguard.reservation
              left join spendguard.outbox event
                on event.tenant = reservation.tenant and event.type = 'io.spendguard.decision.v1'
               and coalesce(event.decision_id, convert_from(event.payload, 'UTF8')::jsonb ->> 'decisionid') = reservation_id::text
             group by reservation.tenant, reservation_id
            having count(event.event_id) <> 1
             order by reservation.tenant, reservation_id
            """),
    /** A settled hold has one final outcome, an open one none. */
    OUTCOMES_ARE_FINAL_ONCE("""
            select reservation.tenant, 'reservation ' || reservation_id as subject,
                   format('It is %s and has %s final outcomes.', state, count(event.event_id)) as message
              from spendguard.reservation
              left join spendguard.outbox event
                on event.tenant = reservation.tenant and event.type = 'io.spendguard.outcome.v1'
               and coalesce(event.decision_id, convert_from(event.payload, 'UTF8')::jsonb ->> 'decisionid') = reservation_id::text
               and coalesce(event.is_final, convert_from(event.payload, 'UTF8')::jsonb #>> '{data,outcome,final}' = 'true')
             group by reservation.tenant, reservation_id, state
            having count(event.event_id) <> case when state in ('HELD', 'EXTENDED') then 0 else 1 end
             order by reservation.tenant, reservation_id
            """),
    /** No decision was recorded twice. */
    DECISIONS_ARE_RECORDED_ONCE("""
            select tenant, 'decision ' || (coalesce(decision_id, convert_from(payload, 'UTF8')::jsonb ->> 'decisionid')) as subject,
                   format('%s decision events tell of it.', count(*)) as message
              from spendguard.outbox
             where type = 'io.spendguard.decision.v1'
             group by tenant, coalesce(decision_id, convert_from(payload, 'UTF8')::jsonb ->> 'decisionid')
            having count(*) <> 1
             order by 1, 2
            """),
    /** A stopped run was stopped by a decision that is recorded. */
    STOPS_WERE_DECIDED("""
            select run.tenant, format('run ''%s''', run.run) as subject,
                   format('Decision %s stopped it, of which no event tells.', run.stopped_by) as message
              from spendguard.run_state run
             where stopped_by is not null
               and not exists (
                select from spendguard.outbox event
                 where event.tenant = run.tenant and event.type = 'io.spendguard.decision.v1'
                   and coalesce(event.decision_id, convert_from(event.payload, 'UTF8')::jsonb ->> 'decisionid') = run.stopped_by::text)
             order by run.tenant, run.run
            """),
    /** Streams have no gaps. */
    STREAMS_ARE_GAPLESS("""
            select tenant, 'stream ' || stream as subject,
                   format('Position %s follows %s: positions have no gaps.', seq, coalesce(previous, 0)) as message
              from (
                select tenant, stream, seq, lag(seq) over (partition by tenant, stream order by seq) as previous
                  from spendguard.outbox) placed
             where seq <> coalesce(previous, 0) + 1
             order by tenant, stream, seq
            """),
    /** What was dropped had been closed before. */
    DROPPED_EVENTS_WERE_CLOSED("""
            select event.tenant, 'event ' || event.event_id as subject,
                   format('Its bytes at position %s of stream %s are gone, but no signed period close covers it.',
                       event.seq, event.stream) as message
              from spendguard.outbox event
              left join spendguard.canonical_event leaf using (tenant, stream, seq)
              left join (
                select tenant, spendguard.closed_size(tenant) as size
                  from (select distinct tenant from spendguard.dropped_period) known) closed using (tenant)
             where event.payload is null and not coalesce(leaf.log_index < closed.size, false)
             order by event.tenant, event.stream, event.seq
            """),
    /** An event's digest is its bytes'. */
    DIGESTS_ARE_OF_THE_BYTES("""
            select tenant, 'event ' || event_id as subject,
                   format('Its bytes at position %s of stream %s are not those of its digest.', seq, stream) as message
              from spendguard.outbox
             where sha256(payload) <> digest
             order by tenant, stream, seq
            """),
    /** Chain values follow from each other. */
    CHAINS_HOLD("""
            select tenant, 'event ' || event_id as subject,
                   format('Its chain value at position %s of stream %s does not follow from the one before.', seq, stream)
                       as message
              from (
                select tenant, stream, seq, event_id, digest, chain,
                       coalesce(
                           lag(chain) over (partition by tenant, stream order by seq),
                           sha256(int4send(20) || convert_to('spendguard:stream:v1', 'UTF8')
                               || int4send(octet_length(convert_to(tenant, 'UTF8'))) || convert_to(tenant, 'UTF8')
                               || uuid_send(stream))) as previous
                  from spendguard.outbox) chained
             where sha256(previous || digest) <> chain
             order by tenant, stream, seq
            """),
    /** What was committed to is what is stored in the clear, as long as it is. */
    PERSONAL_VALUES_MATCH("""
            select tenant, 'event ' || event_id as subject,
                   'A personal value stored in the clear is not the one its commitment was made of.' as message
              from spendguard.personal_value
             where commitment <> sha256(
                   int4send(24) || convert_to('spendguard:commitment:v1', 'UTF8')
                   || int4send(octet_length(salt)) || salt
                   || int4send(octet_length(convert_to(value, 'UTF8'))) || convert_to(value, 'UTF8'))
             order by tenant, event_id
            """);

    private static final String WITH = """
            with entry_sum as materialized (
                select tenant, account_id, kind, sum(atoms) as atoms
                  from (
                    select tenant, account_id, kind, atoms from spendguard.ledger_entry
                     union all
                    select tenant, account_id, kind, atoms from spendguard.opening_balance) moved
                 group by tenant, account_id, kind)
            """;

    /** Rows that can be read as what they should be. */
    private static final String LEGIBLE = """
            with legible_answer as materialized (
                select * from spendguard.idempotency taken
                 where not exists (
                    select from unnest(?::text[], ?::text[], ?::text[]) as illegible(tenant, operation, key)
                     where illegible.tenant = taken.tenant and illegible.operation = taken.operation
                       and illegible.key = taken.key)),
            legible_event as materialized (
                select * from spendguard.outbox written where not (written.event_id = any(?::uuid[])))
            """;

    private final String sql;

    LedgerLaw(String sql) {
        this.sql = sql;
    }

    /** Tells whether the query reads what answers or events say. */
    boolean readsJson() {
        return sql.contains("convert_from(");
    }

    /** The query over what is left when some rows are illegible: their tenants, operations and keys, and events' ids are bound first. */
    String queryOfLegible(boolean ofOneTenant) {
        return readsJson()
                ? LEGIBLE
                        + query(ofOneTenant)
                                .replace("spendguard.idempotency", "legible_answer")
                                .replace("spendguard.outbox", "legible_event")
                : query(ofOneTenant);
    }

    /** The query, which counts what it finds and hands over the first few rows. */
    String query(boolean ofOneTenant) {
        return (sql.contains("entry_sum") ? WITH : "")
                + "select tenant, subject, message, count(*) over () as total from (\n" + sql + ") broken"
                + (ofOneTenant ? " where tenant = ?" : "") + " limit " + LedgerCheck.SHOWN;
    }
}
