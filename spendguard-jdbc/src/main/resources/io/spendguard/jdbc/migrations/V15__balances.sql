-- What an account may hold is checked where its balances move, and nowhere else can they: the constraints that said the same were read
-- and compiled anew for every account that a batch moves, a quarter of what moving it cost.

alter table spendguard.account drop constraint account_limit_check;
alter table spendguard.account drop constraint account_spent_atoms_check;
alter table spendguard.account drop constraint account_held_atoms_check;
alter table spendguard.account drop constraint account_debt_atoms_check;
alter table spendguard.account drop constraint account_available_check;
alter table spendguard.account drop constraint account_window_check;

create function spendguard.refuse_window() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception using
        errcode = '23514',
        message = format('Account %s cannot be open from %s until %s.', new.account_id, new.window_from, new.window_until);
end $$;
revoke all on function spendguard.refuse_window from public;
create trigger account_has_a_window before insert on spendguard.account
    for each row when (new.window_from >= new.window_until) execute function spendguard.refuse_window();

create or replace function spendguard.apply_entries() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    astray record;
    moved record;
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
    end loop;
    return null;
end $$;
