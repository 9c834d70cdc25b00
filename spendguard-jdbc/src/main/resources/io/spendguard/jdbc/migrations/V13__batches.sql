-- What a batch costs the database is what bounds a hot budget. A reference is checked for each row, and locks the row it finds; where
-- rows are never deleted, looking once for the whole statement proves the same. Check constraints are read and compiled anew for
-- each statement that writes to their table, a third of the time of a small one; the same conditions in a trigger's query are
-- compiled once in a session. A key and its answer are one row.

alter table spendguard.idempotency add column answer bytea;
comment on table spendguard.idempotency is
    'Keys of operations that were carried out, each for one request only, and what they answered, for their replays.';
comment on column spendguard.idempotency.answer is 'Null within the transaction that takes the key before it knows the answer.';
alter table spendguard.idempotency disable trigger idempotency_grows_only;
update spendguard.idempotency taken
   set answer = told.answer
  from spendguard.idempotency_answer told
 where (told.tenant, told.operation, told.key) = (taken.tenant, taken.operation, taken.key);
alter table spendguard.idempotency enable trigger idempotency_grows_only;
drop table spendguard.idempotency_answer;

create function spendguard.check_answer() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if old.answer is null and new.answer is not null
        and (new.tenant, new.operation, new.key, new.request_hash)
            = (old.tenant, old.operation, old.key, old.request_hash)
    then
        return new;
    end if;
    raise exception using
        errcode = '23001',
        message = format('Key %s of %s cannot change: it is answered once.', old.key, old.operation);
end $$;
drop trigger idempotency_grows_only on spendguard.idempotency;
create trigger idempotency_grows_only before delete or truncate on spendguard.idempotency
    for each statement execute function spendguard.refuse_change();
create trigger idempotency_is_answered_once before update on spendguard.idempotency
    for each row execute function spendguard.check_answer();
grant update (answer) on spendguard.idempotency to spendguard_app;

-- Whoever looks for an account by its id must not be led to the index over what it is for, which begins like the key: of a table
-- that was small when the plan was made, both look alike to the planner, and the plan stays.
alter table spendguard.account
    drop constraint account_tenant_namespace_budget_id_key_window_from_window_u_key;
alter table spendguard.account add constraint account_is_one
    unique (budget_id, tenant, namespace, key, window_from, window_until, unit);

alter table spendguard.ledger_tx drop constraint ledger_tx_tenant_operation_key_fkey;
alter table spendguard.ledger_tx drop constraint ledger_tx_tenant_event_id_fkey;
alter table spendguard.ledger_entry drop constraint ledger_entry_tenant_tx_id_fkey;
alter table spendguard.reservation_claim drop constraint reservation_claim_tenant_reservation_id_fkey;
alter table spendguard.outbox drop constraint outbox_tenant_stream_fkey;

-- Lists of names. Triggers hold a reservation to its namespace and states; of the others a wrong one is a row that nobody finds.
alter table spendguard.reservation drop constraint reservation_state_check;
alter table spendguard.reservation drop constraint reservation_namespace_check;
drop trigger reservation_begins_held on spendguard.reservation;
create trigger reservation_begins_held before insert on spendguard.reservation
    for each row when (new.state <> 'HELD' or new.namespace <> 'ENFORCE' and new.namespace <> 'SHADOW')
    execute function spendguard.check_new_reservation();
create or replace function spendguard.check_new_reservation() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception using
        errcode = '23001',
        message = format('Reservation %s cannot begin as %s in namespace %s: it begins as HELD, in ENFORCE or SHADOW.',
            new.reservation_id, new.state, new.namespace);
end $$;
alter table spendguard.run_state drop constraint run_state_namespace_check;
alter table spendguard.idempotency drop constraint idempotency_operation_check;

alter table spendguard.outbox drop constraint outbox_seq_check;
alter table spendguard.outbox drop constraint outbox_digest_check;
alter table spendguard.outbox drop constraint outbox_chain_check;
alter table spendguard.outbox drop constraint outbox_batch_size_check;
alter table spendguard.outbox drop constraint outbox_leaf_check;
alter table spendguard.outbox drop constraint outbox_path_check;
alter table spendguard.outbox drop constraint outbox_dropped_check;
drop trigger outbox_begins_whole on spendguard.outbox;
drop function spendguard.check_whole_event;

create function spendguard.check_events() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    astray record;
begin
    select event.event_id, event.stream, known.stream is null as is_homeless into astray
      from told event
      left join spendguard.stream known on known.tenant = event.tenant and known.stream = event.stream
     where known.stream is null
        or event.seq < 1
        or octet_length(event.digest) <> 32
        or octet_length(event.chain) <> 32
        or event.leaf_index < 0
        or event.leaf_index >= event.batch_size
        or event.payload is null
        or event.signature is null
        or coalesce(octet_length(event.path), 1) % 32 <> 0
        or event.decision_id is not null
        or event.is_final is not null
     limit 1;
    if not found then
        return null;
    end if;
    if astray.is_homeless then
        raise exception using
            errcode = '23503',
            message = format('Event %s belongs to no stream: there is none with id %s.', astray.event_id, astray.stream);
    end if;
    raise exception using
        errcode = '23514',
        message = format('Event %s cannot be written without its bytes, their digests and its place.', astray.event_id);
end $$;
create trigger outbox_begins_whole after insert on spendguard.outbox
    referencing new table as told
    for each statement execute function spendguard.check_events();

-- As before, and nothing of an event is dropped by half.
create or replace function spendguard.check_dropped_events() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    changed bigint;
    allowed bigint;
begin
    select count(*) into changed from before;
    select count(*) into allowed
      from before
      join after using (tenant, stream, seq)
      join spendguard.canonical_event leaf using (tenant, stream, seq)
      join (
        select known.tenant, spendguard.closed_size(known.tenant) as size
          from (select distinct tenant from before) known) closed using (tenant)
     where before.payload is not null
       and after.payload is null
       and after.path is null
       and after.signature is null
       and (after.event_id, after.type, after.digest, after.chain, after.batch_size, after.leaf_index, after.key_id)
           = (before.event_id, before.type, before.digest, before.chain, before.batch_size, before.leaf_index, before.key_id)
       and leaf.log_index < closed.size;
    if allowed <> changed then
        raise exception using
            errcode = '23001',
            message = 'UPDATE of spendguard.outbox is refused: its rows only grow, until a signed period close covers them.',
            hint = 'Post a correction instead, or close the period: spendguard evidence close.';
    end if;
    return null;
end $$;

-- As before, and not while there are entries of it.
create or replace function spendguard.check_dropped_posting() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if exists (
            select from spendguard.outbox event
             where event.tenant = old.tenant and event.event_id = old.event_id and event.payload is not null)
        or exists (
            select from spendguard.ledger_entry entry where entry.tenant = old.tenant and entry.tx_id = old.tx_id)
    then
        raise exception using
            errcode = '23001',
            message = 'DELETE of spendguard.ledger_tx is refused: a posting stays as long as its entries and the event that tells of it.',
            hint = 'Close the period: spendguard evidence close.';
    end if;
    return old;
end $$;

create function spendguard.check_postings() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    astray record;
begin
    select tx.tx_id, tx.operation, tx.key, tx.event_id, event.event_id is null as is_untold into astray
      from posted tx
      left join spendguard.outbox event on event.tenant = tx.tenant and event.event_id = tx.event_id
      left join spendguard.idempotency taken
        on taken.tenant = tx.tenant and taken.operation = tx.operation and taken.key = tx.key
     where event.event_id is null or taken.key is null
     limit 1;
    if not found then
        return null;
    end if;
    if astray.is_untold then
        raise exception using
            errcode = '23503',
            message = format('Transaction %s has no event: there is none with id %s.', astray.tx_id, astray.event_id);
    end if;
    raise exception using
        errcode = '23503',
        message = format('Transaction %s belongs to no operation: key %s of %s was not taken.',
            astray.tx_id, astray.key, astray.operation);
end $$;
create trigger ledger_tx_has_event_and_operation after insert on spendguard.ledger_tx
    referencing new table as posted
    for each statement execute function spendguard.check_postings();

alter table spendguard.reservation_claim drop constraint reservation_claim_atoms_check;
alter table spendguard.reservation_claim drop constraint reservation_claim_begins_with_its_hold;
alter table spendguard.reservation_claim drop constraint reservation_claim_committed_before_check;
alter table spendguard.reservation_claim drop constraint reservation_claim_held_before_check;
alter table spendguard.reservation_claim drop constraint reservation_claim_part_check;
alter table spendguard.reservation_claim drop constraint reservation_claim_takes_what_is_held;

create or replace function spendguard.check_claims() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    astray record;
begin
    select claim.account_id, claim.reservation_id, account.account_id is null as is_unopened,
           held.reservation_id is null as is_homeless, wrong.is_wrong
      into astray
      from claims claim
      left join spendguard.account account on account.tenant = claim.tenant and account.account_id = claim.account_id
      left join spendguard.reservation held
        on held.tenant = claim.tenant and held.reservation_id = claim.reservation_id
     cross join lateral (
        select claim.part < 0
            or claim.part = 0 and (claim.atoms < 0 or claim.held_before <> 0 or claim.committed_before <> 0)
            or claim.held_before < 0
            or claim.committed_before < 0
            or claim.held_before + claim.atoms < 0 as is_wrong) wrong
     where wrong.is_wrong or account.account_id is null or held.reservation_id is null
     limit 1;
    if not found then
        return null;
    end if;
    if astray.is_wrong then
        raise exception using
            errcode = '23514',
            message = format('Claim of reservation %s on account %s takes more than is held, or begins with a past.',
                astray.reservation_id, astray.account_id);
    end if;
    if astray.is_unopened then
        raise exception using errcode = 'SG001', message = format('Account %s is not open.', astray.account_id);
    end if;
    raise exception using
        errcode = '23503',
        message = format('Claim belongs to no reservation: there is none with id %s.', astray.reservation_id);
end $$;

alter table spendguard.ledger_entry drop constraint ledger_entry_atoms_check;
alter table spendguard.ledger_entry drop constraint ledger_entry_kind_check;
alter table spendguard.ledger_entry drop constraint ledger_entry_line_check;

create or replace function spendguard.apply_entries() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    astray record;
    moved record;
begin
    select entry.tx_id, entry.account_id, sum(entry.atoms) as total, bool_or(tx.tx_id is null) as is_homeless into astray
      from entries entry
      left join spendguard.ledger_tx tx on tx.tenant = entry.tenant and tx.tx_id = entry.tx_id
     group by entry.tenant, entry.tx_id, entry.account_id
    having sum(entry.atoms) <> 0
        or bool_or(tx.tx_id is null
            or entry.line < 1
            or entry.atoms = 0
            or entry.kind not in ('AVAILABLE', 'HELD', 'SPENT', 'DEBT', 'ADJUSTMENT', 'GRANT'))
     limit 1;
    if found then
        if astray.total <> 0 then
            raise exception using
                errcode = '23514',
                message = format('Entries of transaction %s on account %s sum to %s, not 0.',
                    astray.tx_id, astray.account_id, astray.total);
        end if;
        if astray.is_homeless then
            raise exception using
                errcode = '23503',
                message = format('Entry belongs to no transaction: there is none with id %s.', astray.tx_id);
        end if;
        raise exception using
            errcode = '23514',
            message = format('Entry of transaction %s on account %s moves nothing, or is of a kind that is none.',
                astray.tx_id, astray.account_id);
    end if;

    for moved in
        select entry.tenant,
               entry.account_id,
               -coalesce(sum(entry.atoms) filter (where entry.kind in ('ADJUSTMENT', 'GRANT')), 0)::bigint as limit_atoms,
               -coalesce(sum(entry.atoms) filter (where entry.kind = 'GRANT'), 0)::bigint as granted_atoms,
               coalesce(sum(entry.atoms) filter (where entry.kind = 'SPENT'), 0)::bigint as spent_atoms,
               coalesce(sum(entry.atoms) filter (where entry.kind = 'HELD'), 0)::bigint as held_atoms,
               -coalesce(sum(entry.atoms) filter (where entry.kind = 'DEBT'), 0)::bigint as debt_atoms,
               -coalesce(sum(entry.atoms) filter (where entry.kind = 'AVAILABLE'), 0)::bigint as needed_atoms,
               bool_or(entry.kind = 'AVAILABLE' and entry.atoms > 0) as gives,
               coalesce(sum(entry.atoms) filter (where entry.kind = 'DEBT' and entry.atoms > 0), 0)::bigint as paid_atoms
          from entries entry
         group by entry.tenant, entry.account_id
         order by entry.account_id
    loop
        update spendguard.account account
           set limit_atoms = account.limit_atoms + moved.limit_atoms,
               granted_atoms = account.granted_atoms + moved.granted_atoms,
               spent_atoms = account.spent_atoms + moved.spent_atoms,
               held_atoms = account.held_atoms + moved.held_atoms,
               debt_atoms = account.debt_atoms + moved.debt_atoms
         where account.tenant = moved.tenant
           and account.account_id = moved.account_id
           and account.limit_atoms - account.spent_atoms - account.held_atoms + account.debt_atoms
               >= moved.needed_atoms
           -- What is given back pays debt first, also when somebody else of the batch takes it at once; whoever owes
           -- has nothing available.
           and (not moved.gives or account.debt_atoms <= moved.paid_atoms)
           and (account.debt_atoms + moved.debt_atoms = 0
               or account.limit_atoms - account.spent_atoms - account.held_atoms + account.debt_atoms
                   = moved.needed_atoms);
        if not found then
            raise exception using
                errcode = 'SG001',
                message = format('Account %s is not open, has too little available or owes.', moved.account_id);
        end if;
    end loop;
    return null;
end $$;

-- Writes a batch of postings in one round trip, all of it or nothing. Each group of parallel arrays is one kind of row.
--
-- Lock order, the same on every path: keys, reservations, runs, each sorted, then accounts in order of id (by the trigger on
-- entries), whatever order the rows of a batch come in.
-- The rows between them are new and nobody waits for them. Refusals: SG001 an account is missing, short or owes, SG002 a run is
-- stopped, SG003 the clock stands outside the span the postings are right in, SG004 a reservation is not held, SG005 a key
-- is taken. The clock is read last: waiting for a lock must not carry a hold past the end of its window.
create or replace function spendguard.post(
    lock_timeout_millis integer,
    valid_from timestamptz,
    valid_until timestamptz,
    keys_are_taken boolean,
    key_tenant text[], key_operation text[], key_key text[], key_request_hash bytea[], key_answer bytea[],
    settled_tenant text[], settled_id uuid[], settled_state text[],
    run_tenant text[], run_namespace text[], run_run text[], run_steps bigint[], run_stopped_by uuid[],
        run_stop_code text[], run_recent bytea[],
    event_tenant text[], event_stream uuid[], event_seq bigint[], event_id uuid[], event_type text[],
        event_payload bytea[], event_digest bytea[], event_chain bytea[], event_batch_size integer[],
        event_leaf_index integer[], event_path bytea[], event_signature bytea[], event_key_id text[],
    personal_tenant text[], personal_event_id uuid[], personal_commitment bytea[], personal_value text[],
        personal_salt bytea[],
    held_tenant text[], held_id uuid[], held_namespace text[], held_run text[], held_expires_at timestamptz[],
        held_terms bytea[],
    claim_tenant text[], claim_reservation_id uuid[], claim_account_id uuid[], claim_atoms bigint[],
    tx_tenant text[], tx_id uuid[], tx_operation text[], tx_key text[], tx_event_id uuid[],
    entry_tenant text[], entry_tx_id uuid[], entry_line integer[], entry_account_id uuid[], entry_kind text[],
        entry_atoms bigint[]
) returns void
language plpgsql as $$
#variable_conflict use_column
declare
    written bigint;
    answered record;
    settled record;
    clock timestamptz;
begin
    perform set_config('lock_timeout', lock_timeout_millis::text, true);

    if array_position(key_answer, null) is not null then
        raise exception using errcode = '23502', message = 'A key has no answer.';
    end if;
    if keys_are_taken then
        for answered in
            select * from unnest(key_tenant, key_operation, key_key, key_answer)
                    as answered(of_tenant, of_operation, of_key, becomes)
        loop
            update spendguard.idempotency
               set answer = answered.becomes
             where tenant = answered.of_tenant and operation = answered.of_operation and key = answered.of_key;
            if not found then
                raise exception using
                    errcode = '23503', message = format('Key %s of %s was not taken.', answered.of_key, answered.of_operation);
            end if;
        end loop;
    else
        insert into spendguard.idempotency (tenant, operation, key, request_hash, answer)
        select * from unnest(key_tenant, key_operation, key_key, key_request_hash, key_answer)
                as taken(tenant, operation, key, request_hash, answer)
         order by taken.tenant collate "C", taken.operation collate "C", taken.key collate "C"
            on conflict do nothing;
        get diagnostics written = row_count;
        if written <> cardinality(key_key) then
            raise exception using errcode = 'SG005', message = 'A key is taken.';
        end if;
    end if;

    for settled in
        select * from unnest(settled_tenant, settled_id, settled_state) as settled(of_tenant, id, becomes)
         order by settled.of_tenant collate "C", settled.id
    loop
        update spendguard.reservation
           set state = settled.becomes
         where tenant = settled.of_tenant
           and reservation_id = settled.id
           -- What was extended is only settled by who has looked at it.
           and (state = 'HELD' or (keys_are_taken and state = 'EXTENDED'));
        if not found then
            raise exception using
                errcode = 'SG004', message = format('Reservation %s is not held.', settled.id);
        end if;
    end loop;

    if cardinality(run_run) > 0 then
        insert into spendguard.run_state as known (tenant, namespace, run, steps, stopped_by, stop_code, recent)
        select * from unnest(
                run_tenant, run_namespace, run_run, run_steps, run_stopped_by, run_stop_code, run_recent)
                as changed(tenant, namespace, run, steps, stopped_by, stop_code, recent)
         order by changed.tenant collate "C", changed.namespace collate "C", changed.run collate "C"
            on conflict (tenant, namespace, run) do update
                set steps = known.steps + excluded.steps,
                    stopped_by = excluded.stopped_by,
                    stop_code = excluded.stop_code,
                    -- The last 32.
                    recent = substring(
                        known.recent || excluded.recent
                        from greatest(1, octet_length(known.recent) + octet_length(excluded.recent) - 255))
                where known.stopped_by is null;
        get diagnostics written = row_count;
        if written <> cardinality(run_run) then
            raise exception using errcode = 'SG002', message = 'A run is stopped.';
        end if;
    end if;

    if 1 = any(event_seq) then
        insert into spendguard.stream (tenant, stream, key_id)
        select opened.tenant, opened.stream, opened.key_id
          from unnest(event_tenant, event_stream, event_seq, event_key_id) as opened(tenant, stream, seq, key_id)
         where opened.seq = 1;
    end if;
    insert into spendguard.outbox (
        tenant, stream, seq, event_id, type, payload, digest, chain, batch_size, leaf_index, path, signature, key_id)
    select * from unnest(
        event_tenant, event_stream, event_seq, event_id, event_type, event_payload, event_digest, event_chain,
        event_batch_size, event_leaf_index, event_path, event_signature, event_key_id);
    if cardinality(personal_event_id) > 0 then
        insert into spendguard.personal_value (tenant, event_id, commitment, value, salt)
        select * from unnest(
            personal_tenant, personal_event_id, personal_commitment, personal_value, personal_salt);
    end if;

    if cardinality(held_id) > 0 then
        insert into spendguard.reservation (tenant, reservation_id, namespace, run, expires_at, terms)
        select * from unnest(held_tenant, held_id, held_namespace, held_run, held_expires_at, held_terms);
    end if;
    if cardinality(claim_account_id) > 0 then
        insert into spendguard.reservation_claim (tenant, reservation_id, account_id, atoms)
        select * from unnest(claim_tenant, claim_reservation_id, claim_account_id, claim_atoms);
    end if;
    if cardinality(tx_id) > 0 then
        insert into spendguard.ledger_tx (tenant, tx_id, operation, key, event_id)
        select * from unnest(tx_tenant, tx_id, tx_operation, tx_key, tx_event_id);
    end if;
    if cardinality(entry_atoms) > 0 then
        insert into spendguard.ledger_entry (tenant, tx_id, line, account_id, kind, atoms)
        select * from unnest(entry_tenant, entry_tx_id, entry_line, entry_account_id, entry_kind, entry_atoms);
    end if;

    clock := clock_timestamp();
    if clock < valid_from or clock >= valid_until then
        raise exception using
            errcode = 'SG003',
            message = format('It is %s, not from %s until %s.', clock, valid_from, valid_until);
    end if;
end $$;

revoke all on function spendguard.check_answer, spendguard.check_events, spendguard.check_postings from public;
