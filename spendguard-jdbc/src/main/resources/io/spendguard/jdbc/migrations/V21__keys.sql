-- Whatever is said of keys stays when a period is dropped, also that one is revoked.

-- Drops the next closed events of a tenant, the oldest first, at most so many, in one transaction. Returns up to which leaf they
-- are dropped now. With the owner's rights, because no role has the right to change or delete what it drops.
create or replace function spendguard.drop_closed_events(of_tenant text, at_most integer) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    closed bigint := spendguard.closed_size(of_tenant);
    dropped bigint;
    next_size bigint;
    streams uuid[];
    seqs bigint[];
    events uuid[];
    postings uuid[];
begin
    if closed = 0 then
        raise exception using
            errcode = 'SG006',
            message = format('Tenant %s has no period close under a signed checkpoint.', of_tenant);
    end if;
    insert into spendguard.dropped_period (tenant, size) values (of_tenant, 0) on conflict do nothing;
    select size into dropped from spendguard.dropped_period where tenant = of_tenant for update;
    next_size := least(closed, dropped + greatest(at_most, 1));
    if next_size <= dropped then
        return dropped;
    end if;

    select array_agg(event.stream), array_agg(event.seq), array_agg(event.event_id),
           array_agg((convert_from(event.payload, 'UTF8')::jsonb #>> '{data,transaction}')::uuid)
      into streams, seqs, events, postings
      from spendguard.canonical_event leaf
      join spendguard.outbox event
        on event.tenant = leaf.tenant and event.stream = leaf.stream and event.seq = leaf.seq
     where leaf.tenant = of_tenant
       and leaf.log_index >= dropped
       and leaf.log_index < next_size
       and event.type not like 'io.spendguard.stream.%'
       and event.type not like 'io.spendguard.key.%'
       and event.type <> 'io.spendguard.period.closed.v1';
    update spendguard.outbox event
       set payload = null, path = null, signature = null,
           decision_id = convert_from(event.payload, 'UTF8')::jsonb ->> 'decisionid',
           is_final = (convert_from(event.payload, 'UTF8')::jsonb #>> '{data,outcome,final}')::boolean
      from unnest(streams, seqs) as gone(stream, seq)
     where event.tenant = of_tenant and event.stream = gone.stream and event.seq = gone.seq;
    delete from spendguard.personal_value where tenant = of_tenant and event_id = any(events);
    delete from spendguard.ledger_entry where tenant = of_tenant and tx_id = any(postings);
    delete from spendguard.ledger_tx where tenant = of_tenant and tx_id = any(postings);
    update spendguard.dropped_period set size = next_size where tenant = of_tenant;
    return next_size;
end $$;
