-- Of a table that held nothing when it was gathered, every index that begins with a column asked for looks as good as any other to the
-- planner, and a plan stays for its session. So whoever looks for one row is left one index to go along.

-- An account by its id: an index under a condition can be used only by who states the condition, and only who looks for an account
-- by its budget does. It holds for every account: a trigger refuses others.
alter table spendguard.account drop constraint account_is_one;
create unique index account_is_one
    on spendguard.account (budget_id, tenant, namespace, key, window_from, window_until, unit)
 where window_from < window_until;

-- An event by its id: the index over ids begins with them, and its tenant is asked for in a way that no index answers.
alter table spendguard.personal_value drop constraint personal_value_tenant_event_id_fkey;
alter table spendguard.outbox drop constraint outbox_tenant_event_id_key;
alter table spendguard.outbox add constraint outbox_event_is_one unique (event_id, tenant);
alter table spendguard.personal_value add constraint personal_value_tenant_event_id_fkey
    foreign key (tenant, event_id) references spendguard.outbox (tenant, event_id);

create or replace function spendguard.check_postings() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    astray record;
begin
    select seen.* into astray
      from (
        select tx.tx_id, tx.operation, tx.key, tx.event_id,
               (select true from spendguard.outbox event
                 where event.event_id = tx.event_id and event.tenant || '' = tx.tenant) is null as is_untold,
               (select true from spendguard.idempotency taken
                 where taken.tenant = tx.tenant and taken.operation = tx.operation and taken.key = tx.key)
                   is null as is_keyless
          from posted tx) seen
     where seen.is_untold or seen.is_keyless
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
