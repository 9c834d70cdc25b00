-- A changed limit reaches the accounts that are open in steps. A budget counts the changes of its limit, and remembers up to which of
-- them every open account was reached. As long as it was not, entries of an account that has another limit are refused, unless they
-- give it its budget's: SG006, so that a writer looks, and carries it first.

alter table spendguard.budget add column limit_version bigint not null default 0;
alter table spendguard.budget add column carried_version bigint not null default 0;
comment on column spendguard.budget.limit_version is 'How often its limit changed. Counted by a trigger.';
comment on column spendguard.budget.carried_version is
    'Up to which change every open account has its limit. Behind limit_version while some are still to be reached.';
create index budget_is_carried on spendguard.budget (tenant, namespace, budget_id) where carried_version < limit_version;
grant update (carried_version) on spendguard.budget to spendguard_app;

-- Counts for every writer, also for one that knows nothing of it and reaches all accounts at once.
create function spendguard.check_limit() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if tg_op = 'UPDATE' and new.limit_version = old.limit_version and new.carried_version >= old.carried_version then
        if (new.unit, new.limit_atoms) is distinct from (old.unit, old.limit_atoms) then
            new.limit_version := old.limit_version + 1;
        end if;
        if new.carried_version <= old.limit_version then
            return new;
        end if;
    end if;
    raise exception using
        errcode = '23001',
        message = format('Limit of budget %s cannot be at change %s and carried up to %s: changes are counted, and carried once.',
            new.budget_id, new.limit_version, new.carried_version);
end $$;
revoke all on function spendguard.check_limit from public;
create trigger budget_begins_carried before insert on spendguard.budget
    for each row when (new.limit_version <> 0 or new.carried_version <> 0) execute function spendguard.check_limit();
create trigger budget_limit_is_counted before update on spendguard.budget
    for each row execute function spendguard.check_limit();

-- As before, and no account moves under a limit that is none any more.
create or replace function spendguard.apply_entries() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    astray record;
    moved record;
    behind record;
    is_carrying boolean;
begin
    select posted.* into astray
      from (
        select summed.tx_id, summed.account_id, summed.total, summed.is_wrong,
               (select true from spendguard.ledger_tx tx
                 where tx.tenant = summed.tenant and tx.tx_id = summed.tx_id) is null as is_homeless
          from (
            select entry.tenant, entry.tx_id, entry.account_id, sum(entry.atoms) as total,
                   bool_or(
                       entry.line < 1
                       or entry.atoms = 0
                       or entry.kind not in ('AVAILABLE', 'HELD', 'SPENT', 'DEBT', 'ADJUSTMENT', 'GRANT')) as is_wrong
              from entries entry
             group by entry.tenant, entry.tx_id, entry.account_id) summed) posted
     where posted.total <> 0 or posted.is_wrong or posted.is_homeless
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

    -- Of any tenant: a look into an index that is empty but for a while.
    is_carrying := exists (select from spendguard.budget where budget.carried_version < budget.limit_version);

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
           and account.limit_atoms + moved.limit_atoms - account.granted_atoms - moved.granted_atoms >= 0
           and account.spent_atoms + moved.spent_atoms >= 0
           and account.held_atoms + moved.held_atoms >= 0
           and account.debt_atoms + moved.debt_atoms >= 0
           -- What is given back pays debt first, also when somebody else of the batch takes it at once; whoever owes
           -- has nothing available.
           and (not moved.gives or account.debt_atoms <= moved.paid_atoms)
           and (account.debt_atoms + moved.debt_atoms = 0
               or account.limit_atoms - account.spent_atoms - account.held_atoms + account.debt_atoms
                   = moved.needed_atoms);
        if not found then
            if exists (
                select from spendguard.account account
                 where account.tenant = moved.tenant
                   and account.account_id = moved.account_id
                   and (account.limit_atoms + moved.limit_atoms - account.granted_atoms - moved.granted_atoms < 0
                       or account.spent_atoms + moved.spent_atoms < 0
                       or account.held_atoms + moved.held_atoms < 0
                       or account.debt_atoms + moved.debt_atoms < 0))
            then
                raise exception using
                    errcode = '23514',
                    message = format('Account %s would have less than nothing spent, held, owed or given.', moved.account_id);
            end if;
            raise exception using
                errcode = 'SG001',
                message = format('Account %s is not open, has too little available or owes.', moved.account_id);
        end if;
        if is_carrying or moved.limit_atoms <> moved.granted_atoms then
            select account.limit_atoms - account.granted_atoms as contracted, limited.limit_atoms into behind
              from spendguard.account account
             cross join lateral (
                select budget.limit_atoms
                  from spendguard.budget budget
                 where budget.tenant = account.tenant
                   and budget.namespace = account.namespace
                   and budget.budget_id = account.budget_id
                   and budget.unit = account.unit
                offset 0) limited
             where account.tenant = moved.tenant
               and account.account_id = moved.account_id
               and account.window_until > clock_timestamp()
               and account.limit_atoms - account.granted_atoms <> limited.limit_atoms;
            if found and moved.limit_atoms <> moved.granted_atoms then
                raise exception using
                    errcode = '23514',
                    message = format('Account %s cannot be given %s by a contract: its budget has a limit of %s.',
                        moved.account_id, behind.contracted, behind.limit_atoms);
            elsif found then
                raise exception using
                    errcode = 'SG006',
                    message = format('Account %s has not got its budget''s limit of %s yet.', moved.account_id, behind.limit_atoms);
            end if;
        end if;
    end loop;
    return null;
end $$;
