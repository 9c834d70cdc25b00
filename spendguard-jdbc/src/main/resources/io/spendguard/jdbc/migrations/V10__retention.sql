-- What a signed period close covers may be dropped: an event's bytes, its signature and its personal values, and the postings it
-- tells of. What stays is what proofs and uniqueness need: its place, id, type, digest, chain value and leaf, and the few events
-- that tell of streams, keys and closes. Balances stay explained by opening balances, which take the place of dropped
-- entries in the same statement.

alter table spendguard.outbox alter column payload drop not null;
alter table spendguard.outbox alter column path drop not null;
alter table spendguard.outbox alter column signature drop not null;
alter table spendguard.outbox add column decision_id text;
alter table spendguard.outbox add column is_final boolean;
alter table spendguard.outbox add constraint outbox_dropped_check check (
    (payload is null) = (path is null) and (payload is null) = (signature is null)
    and (payload is null or (decision_id is null and is_final is null)));
comment on column spendguard.outbox.payload is 'The event''s canonical bytes; null once its period was closed and dropped.';
comment on column spendguard.outbox.decision_id is 'Of a dropped event: whose decision it told of.';
comment on column spendguard.outbox.is_final is 'Of a dropped outcome: whether it was the final one.';

create index outbox_period_closed on spendguard.outbox (tenant, stream, seq) where type = 'io.spendguard.period.closed.v1';

create table spendguard.opening_balance (
    tenant text collate "C" not null,
    account_id uuid not null,
    kind text collate "C" not null,
    atoms bigint not null,
    primary key (tenant, account_id, kind)
);
comment on table spendguard.opening_balance is 'What dropped entries summed to: with the entries that are left, an account''s balance.';

create table spendguard.dropped_period (
    tenant text collate "C" not null primary key,
    size bigint not null check (size >= 0)
);
comment on table spendguard.dropped_period is 'Up to which leaf of the tenant''s tree the events were dropped.';

-- Up to which leaf of its tree a tenant's events are closed: as a signed event says that is itself under a signed checkpoint.
create function spendguard.closed_size(of_tenant text) returns bigint
language sql stable set search_path = pg_catalog, pg_temp as $$
    select coalesce(max(closed.size), 0)
      from (
        select (convert_from(event.payload, 'UTF8')::jsonb #>> '{data,period,size}')::bigint as size, leaf.log_index
          from spendguard.outbox event
          join spendguard.canonical_event leaf
            on leaf.tenant = event.tenant and leaf.stream = event.stream and leaf.seq = event.seq
         where event.tenant = of_tenant
           and event.type = 'io.spendguard.period.closed.v1'
           and event.payload is not null) closed
     where closed.size <= closed.log_index
       and closed.log_index < (
        select max(head.size) from spendguard.tree_head head
         where head.tenant = of_tenant
           and head.global_index < (select max(size) from spendguard.checkpoint))
$$;

create function spendguard.check_whole_event() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception using
        errcode = '23001', message = format('Event %s cannot be written without its bytes.', new.event_id);
end $$;
create trigger outbox_begins_whole before insert on spendguard.outbox
    for each row when (new.payload is null)
    execute function spendguard.check_whole_event();

-- Whoever changes a row of the outbox, it can only be to drop what is closed.
create function spendguard.check_dropped_events() returns trigger
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

drop trigger outbox_grows_only on spendguard.outbox;
create trigger outbox_grows_only before delete or truncate on spendguard.outbox
    for each statement execute function spendguard.refuse_change();
create trigger outbox_drops_what_is_closed after update on spendguard.outbox
    referencing old table as before new table as after
    for each statement execute function spendguard.check_dropped_events();

-- Entries leave with their event only, whole postings at a time, and leave their sums behind.
create function spendguard.keep_openings() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    if exists (
            select from gone
              left join spendguard.ledger_tx tx on tx.tenant = gone.tenant and tx.tx_id = gone.tx_id
              left join spendguard.outbox event on event.tenant = tx.tenant and event.event_id = tx.event_id
             where event.event_id is null or event.payload is not null)
        or exists (
            select from gone group by gone.tenant, gone.tx_id, gone.account_id having sum(gone.atoms) <> 0)
    then
        raise exception using
            errcode = '23001',
            message = 'DELETE of spendguard.ledger_entry is refused: entries stay as long as the event that tells of them.',
            hint = 'Close the period: spendguard evidence close.';
    end if;
    insert into spendguard.opening_balance as known (tenant, account_id, kind, atoms)
    select gone.tenant, gone.account_id, gone.kind, sum(gone.atoms)
      from gone
     group by gone.tenant, gone.account_id, gone.kind
     order by gone.tenant, gone.account_id, gone.kind
        on conflict (tenant, account_id, kind) do update set atoms = known.atoms + excluded.atoms;
    return null;
end $$;

drop trigger ledger_entry_grows_only on spendguard.ledger_entry;
create trigger ledger_entry_grows_only before update or truncate on spendguard.ledger_entry
    for each statement execute function spendguard.refuse_change();
create trigger ledger_entry_leaves_its_sum after delete on spendguard.ledger_entry
    referencing old table as gone
    for each statement execute function spendguard.keep_openings();

create function spendguard.check_dropped_posting() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if exists (
            select from spendguard.outbox event
             where event.tenant = old.tenant and event.event_id = old.event_id and event.payload is not null)
    then
        raise exception using
            errcode = '23001',
            message = 'DELETE of spendguard.ledger_tx is refused: a posting stays as long as the event that tells of it.',
            hint = 'Close the period: spendguard evidence close.';
    end if;
    return old;
end $$;

drop trigger ledger_tx_grows_only on spendguard.ledger_tx;
create trigger ledger_tx_grows_only before update or truncate on spendguard.ledger_tx
    for each statement execute function spendguard.refuse_change();
create trigger ledger_tx_leaves_with_its_event before delete on spendguard.ledger_tx
    for each row execute function spendguard.check_dropped_posting();

create function spendguard.refuse_opening() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception using
        errcode = '23001',
        message = format('%s of spendguard.opening_balance is refused: dropped entries make it, and nothing else.', tg_op);
end $$;
create trigger opening_balance_follows_entries before insert or update or delete or truncate on spendguard.opening_balance
    for each statement when (pg_trigger_depth() = 0) execute function spendguard.refuse_opening();

-- Drops the next closed events of a tenant, the oldest first, at most so many, in one transaction. Returns up to which leaf they
-- are dropped now. With the owner's rights, because no role has the right to change or delete what it drops.
create function spendguard.drop_closed_events(of_tenant text, at_most integer) returns bigint
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
       and event.type not in ('io.spendguard.key.certified.v1', 'io.spendguard.period.closed.v1');
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

-- Forgets a person: what commitments in events stand for. Returns how many values were erased; every proof still holds.
create function spendguard.erase_personal_value(of_tenant text, of_value text) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    erased bigint;
begin
    delete from spendguard.personal_value where tenant = of_tenant and value = of_value;
    get diagnostics erased = row_count;
    return erased;
end $$;

-- Who drops what is closed and erases persons need not be the owner.
do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'spendguard_retention') then
        create role spendguard_retention nologin;
    end if;
exception
    when duplicate_object or unique_violation then null;
end $$;
revoke all on function
    spendguard.closed_size,
    spendguard.check_whole_event,
    spendguard.check_dropped_events,
    spendguard.keep_openings,
    spendguard.check_dropped_posting,
    spendguard.refuse_opening,
    spendguard.drop_closed_events,
    spendguard.erase_personal_value
    from public;
grant usage on schema spendguard to spendguard_retention;
grant select on
    spendguard.outbox,
    spendguard.canonical_event,
    spendguard.tree_head,
    spendguard.checkpoint,
    spendguard.cosignature,
    spendguard.log_tree,
    spendguard.log_tile,
    spendguard.account,
    spendguard.opening_balance,
    spendguard.dropped_period
    to spendguard_retention;
grant select on spendguard.opening_balance, spendguard.dropped_period to spendguard_app, spendguard_log;
grant execute on function
    spendguard.closed_size,
    spendguard.drop_closed_events,
    spendguard.erase_personal_value
    to spendguard_retention;
grant execute on function spendguard.closed_size to spendguard_app;
