-- Arrays that stand side by side in a select list become rows as they are read; in a from clause each is first written out to a
-- store of its own, a quarter of what posting a decision cost. All arrays of a group are equally long.

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
            select unnest(key_tenant) as of_tenant, unnest(key_operation) as of_operation, unnest(key_key) as of_key,
                   unnest(key_answer) as becomes
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
        select taken.*
          from (
            select unnest(key_tenant) as tenant, unnest(key_operation) as operation, unnest(key_key) as key,
                   unnest(key_request_hash) as request_hash, unnest(key_answer) as answer) taken
         order by taken.tenant collate "C", taken.operation collate "C", taken.key collate "C"
            on conflict do nothing;
        get diagnostics written = row_count;
        if written <> cardinality(key_key) then
            raise exception using errcode = 'SG005', message = 'A key is taken.';
        end if;
    end if;

    for settled in
        select settled.*
          from (
            select unnest(settled_tenant) as of_tenant, unnest(settled_id) as id, unnest(settled_state) as becomes) settled
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
        select changed.*
          from (
            select unnest(run_tenant) as tenant, unnest(run_namespace) as namespace, unnest(run_run) as run,
                   unnest(run_steps) as steps, unnest(run_stopped_by) as stopped_by, unnest(run_stop_code) as stop_code,
                   unnest(run_recent) as recent) changed
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
    select
        unnest(event_tenant), unnest(event_stream), unnest(event_seq), unnest(event_id), unnest(event_type),
        unnest(event_payload), unnest(event_digest), unnest(event_chain), unnest(event_batch_size), unnest(event_leaf_index),
        unnest(event_path), unnest(event_signature), unnest(event_key_id);
    if cardinality(personal_event_id) > 0 then
        insert into spendguard.personal_value (tenant, event_id, commitment, value, salt)
        select
            unnest(personal_tenant), unnest(personal_event_id), unnest(personal_commitment), unnest(personal_value),
            unnest(personal_salt);
    end if;

    if cardinality(held_id) > 0 then
        insert into spendguard.reservation (tenant, reservation_id, namespace, run, expires_at, terms)
        select
            unnest(held_tenant), unnest(held_id), unnest(held_namespace), unnest(held_run), unnest(held_expires_at),
            unnest(held_terms);
    end if;
    if cardinality(claim_account_id) > 0 then
        insert into spendguard.reservation_claim (tenant, reservation_id, account_id, atoms)
        select
            unnest(claim_tenant), unnest(claim_reservation_id), unnest(claim_account_id), unnest(claim_atoms);
    end if;
    if cardinality(tx_id) > 0 then
        insert into spendguard.ledger_tx (tenant, tx_id, operation, key, event_id)
        select
            unnest(tx_tenant), unnest(tx_id), unnest(tx_operation), unnest(tx_key), unnest(tx_event_id);
    end if;
    if cardinality(entry_atoms) > 0 then
        insert into spendguard.ledger_entry (tenant, tx_id, line, account_id, kind, atoms)
        select
            unnest(entry_tenant), unnest(entry_tx_id), unnest(entry_line), unnest(entry_account_id), unnest(entry_kind),
            unnest(entry_atoms);
    end if;

    clock := clock_timestamp();
    if clock < valid_from or clock >= valid_until then
        raise exception using
            errcode = 'SG003',
            message = format('It is %s, not from %s until %s.', clock, valid_from, valid_until);
    end if;
end $$;
