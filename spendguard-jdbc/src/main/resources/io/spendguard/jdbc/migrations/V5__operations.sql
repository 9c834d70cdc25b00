-- What happens to holds while the call goes on and after it: more is held or for longer, and their end when nobody settles
-- them. And what an operator gives to an account beside its budget's limit.

alter table spendguard.idempotency drop constraint idempotency_operation_check;
alter table spendguard.idempotency add constraint idempotency_operation_check
    check (operation in ('ACTIVATE', 'DECIDE', 'SETTLE', 'EXPIRE', 'EXTEND', 'COMMIT_PART', 'GRANT', 'TRANSFER', 'CORRECT', 'CLOSE'));

alter table spendguard.reservation drop constraint reservation_state_check;
alter table spendguard.reservation add constraint reservation_state_check
    check (state in ('HELD', 'EXTENDED', 'COMMITTED', 'RELEASED', 'EXPIRED'));
comment on table spendguard.reservation is
    'A decision''s hold: HELD, perhaps EXTENDED, then COMMITTED, RELEASED or EXPIRED for good.';

-- What an extension adds to a hold on an account is another part, and what is committed of it before it is settled one below
-- zero: all parts together are what is held.
alter table spendguard.reservation_claim add column part integer not null default 0 check (part >= 0);
alter table spendguard.reservation_claim drop constraint reservation_claim_pkey;
alter table spendguard.reservation_claim add constraint reservation_claim_pkey
    primary key (tenant, reservation_id, account_id, part);

alter table spendguard.reservation_claim drop constraint reservation_claim_atoms_check;
alter table spendguard.reservation_claim add constraint reservation_claim_atoms_check check (part > 0 or atoms >= 0);

-- Holds that are overdue, the longest first; a settled one leaves the index.
create index reservation_overdue on spendguard.reservation (expires_at, tenant, reservation_id) 
    where state in ('HELD', 'EXTENDED');

create or replace function spendguard.check_reservation() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if old.state in ('HELD', 'EXTENDED')
        and (new.state in ('COMMITTED', 'RELEASED', 'EXPIRED') and new.expires_at = old.expires_at
            or new.state = 'EXTENDED' and new.expires_at >= old.expires_at)
        and (new.tenant, new.reservation_id, new.namespace, new.terms)
            = (old.tenant, old.reservation_id, old.namespace, old.terms)
        and new.run is not distinct from old.run
    then
        return new;
    end if;
    raise exception using
        errcode = '23001',
        message = format('Reservation %s cannot become %s: it is %s, and only a held one is settled, once.',
            old.reservation_id, new.state, old.state);
end $$;

-- Extends open holds, whose rows the caller has locked. With the owner's rights, because no role may change when a hold ends.
create function spendguard.extend_holds(
    extended_tenant text[], extended_id uuid[], extended_until timestamptz[],
    claim_tenant text[], claim_reservation_id uuid[], claim_account_id uuid[], claim_atoms bigint[]
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    changed bigint;
begin
    update spendguard.reservation
       set state = 'EXTENDED', expires_at = longer.expires_at
      from unnest(extended_tenant, extended_id, extended_until) as longer(tenant, reservation_id, expires_at)
     where reservation.tenant = longer.tenant
       and reservation.reservation_id = longer.reservation_id
       and reservation.state in ('HELD', 'EXTENDED');
    get diagnostics changed = row_count;
    if changed <> cardinality(extended_id) then
        raise exception using errcode = 'SG004', message = 'A reservation to be extended is not held.';
    end if;
    insert into spendguard.reservation_claim (tenant, reservation_id, account_id, part, atoms)
    select more.tenant, more.reservation_id, more.account_id,
           row_number() over (partition by more.tenant, more.reservation_id, more.account_id order by more.place)
               + (select max(known.part) from spendguard.reservation_claim known
                   where known.tenant = more.tenant
                     and known.reservation_id = more.reservation_id
                     and known.account_id = more.account_id),
           more.atoms
      from unnest(claim_tenant, claim_reservation_id, claim_account_id, claim_atoms) with ordinality
               as more(tenant, reservation_id, account_id, atoms, place);
end $$;
revoke all on function spendguard.extend_holds from public;
grant execute on function spendguard.extend_holds to spendguard_app;

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

-- What an operator granted to an account or transferred away from it is part of its limit, and apart from what contracts set: an
-- activation changes the one and leaves the other.
alter table spendguard.account add column granted_atoms bigint not null default 0;
alter table spendguard.account drop constraint account_limit_atoms_check;
alter table spendguard.account add constraint account_limit_check check (limit_atoms - granted_atoms >= 0);
alter table spendguard.ledger_entry drop constraint ledger_entry_kind_check;
alter table spendguard.ledger_entry add constraint ledger_entry_kind_check
    check (kind in ('AVAILABLE', 'HELD', 'SPENT', 'DEBT', 'ADJUSTMENT', 'GRANT'));
drop trigger account_opens_empty on spendguard.account;
create trigger account_opens_empty before insert on spendguard.account
    for each row when (new.limit_atoms <> 0 or new.granted_atoms <> 0 or new.spent_atoms <> 0 or new.held_atoms <> 0
        or new.debt_atoms <> 0)
    execute function spendguard.refuse_balance();

create or replace function spendguard.apply_entries() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    unbalanced record;
    moved record;
begin
    select entry.tx_id, entry.account_id, sum(entry.atoms) as total into unbalanced
      from entries entry
     group by entry.tenant, entry.tx_id, entry.account_id
    having sum(entry.atoms) <> 0
     limit 1;
    if found then
        raise exception using
            errcode = '23514',
            message = format('Entries of transaction %s on account %s sum to %s, not 0.',
                unbalanced.tx_id, unbalanced.account_id, unbalanced.total);
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
