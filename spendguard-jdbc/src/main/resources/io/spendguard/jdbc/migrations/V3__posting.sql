-- Writes a batch of postings in one round trip, all of it or nothing. Each group of parallel arrays is one kind of row.
--
-- Lock order, the same on every path: keys, reservations, runs, each sorted, then accounts in order of id (by the trigger on
-- entries), whatever order the rows of a batch come in.
-- The rows between them are new and nobody waits for them. Refusals: SG001 an account is missing, short or owes, SG002 a run is
-- stopped, SG003 the clock stands outside the span the postings are right in, SG004 a reservation is not held, SG005 a key
-- is taken. The clock is read last: waiting for a lock must not carry a hold past the end of its window.
create function spendguard.post(
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
    settled record;
    clock timestamptz;
begin
    perform set_config('lock_timeout', lock_timeout_millis::text, true);

    if not keys_are_taken then
        insert into spendguard.idempotency (tenant, operation, key, request_hash)
        select * from unnest(key_tenant, key_operation, key_key, key_request_hash)
                as taken(tenant, operation, key, request_hash)
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

    if cardinality(key_key) > 0 then
        insert into spendguard.idempotency_answer (tenant, operation, key, answer)
        select * from unnest(key_tenant, key_operation, key_key, key_answer);
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

-- Locks accounts in order of id until the transaction ends. With the owner's rights, because locking a row takes the
-- right to update it, which no role has on accounts.
create function spendguard.lock_accounts(of_tenants text[], ids uuid[]) returns setof spendguard.account
language sql security definer set search_path = pg_catalog, pg_temp as $$
    select account.*
      from unnest(of_tenants, ids) as wanted(tenant, account_id)
      join spendguard.account on account.tenant = wanted.tenant and account.account_id = wanted.account_id
     order by account.account_id
       for no key update of account
$$;

-- Which of some accounts are open and locked by nobody at this moment. Waits for nothing.
create function spendguard.free_accounts(of_tenants text[], ids uuid[]) returns setof uuid
language sql security definer set search_path = pg_catalog, pg_temp as $$
    select account.account_id
      from unnest(of_tenants, ids) as wanted(tenant, account_id)
      join spendguard.account on account.tenant = wanted.tenant and account.account_id = wanted.account_id
       for no key update of account skip locked
$$;
