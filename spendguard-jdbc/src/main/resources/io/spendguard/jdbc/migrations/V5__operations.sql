-- What happens to holds after the call: their end when nobody settles them.

alter table spendguard.idempotency drop constraint idempotency_operation_check;
alter table spendguard.idempotency add constraint idempotency_operation_check
    check (operation in ('ACTIVATE', 'DECIDE', 'SETTLE', 'EXPIRE'));

alter table spendguard.reservation drop constraint reservation_state_check;
alter table spendguard.reservation add constraint reservation_state_check
    check (state in ('HELD', 'COMMITTED', 'RELEASED', 'EXPIRED'));
comment on table spendguard.reservation is 'A decision''s hold: HELD, then COMMITTED, RELEASED or EXPIRED for good.';

-- Holds that are overdue, the longest first; a settled one leaves the index.
create index reservation_overdue on spendguard.reservation (expires_at, tenant, reservation_id) where state = 'HELD';

create or replace function spendguard.check_reservation() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if old.state = 'HELD' and new.state in ('COMMITTED', 'RELEASED', 'EXPIRED')
        and (new.tenant, new.reservation_id, new.namespace, new.expires_at, new.terms)
            = (old.tenant, old.reservation_id, old.namespace, old.expires_at, old.terms)
        and new.run is not distinct from old.run
    then
        return new;
    end if;
    raise exception using
        errcode = '23001',
        message = format('Reservation %s cannot become %s: it is %s, and only a held one is settled, once.',
            old.reservation_id, new.state, old.state);
end $$;

-- Who may do what only one process does at a time, until when by the database's clock. The epoch counts the holders: whoever
-- was one before finds another number.
create table spendguard.lease (
    tenant text collate "C" not null default '' check (tenant = ''),
    name text collate "C" not null,
    holder uuid not null,
    epoch bigint not null check (epoch >= 1),
    held_until timestamptz not null,
    primary key (tenant, name)
);
comment on table spendguard.lease is 'Which process does what only one does at a time, such as ending overdue holds.';

create function spendguard.check_lease() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if (new.tenant, new.name) = (old.tenant, old.name)
        and ((new.epoch, new.holder) = (old.epoch, old.holder)
            or (new.epoch = old.epoch + 1 and old.held_until <= clock_timestamp()))
    then
        return new;
    end if;
    raise exception using
        errcode = '23001',
        message = format('Lease %s is held by %s until %s: nobody else takes it before.',
            old.name, old.holder, old.held_until);
end $$;
create trigger lease_is_kept before update on spendguard.lease
    for each row execute function spendguard.check_lease();
create trigger lease_stays before delete or truncate on spendguard.lease
    for each statement execute function spendguard.refuse_change();
revoke all on function spendguard.check_lease from public;
grant select, insert on spendguard.lease to spendguard_app;
grant update (holder, epoch, held_until) on spendguard.lease to spendguard_app;
