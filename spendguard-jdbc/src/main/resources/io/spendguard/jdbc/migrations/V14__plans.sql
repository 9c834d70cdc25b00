-- How a row is found must not depend on what the planner believes of a table: statistics gathered while it held a row or two make
-- reading all of it look as good as looking along its key, and the plan stays when the table has grown. A lookup written
-- as a query of its own for each row wanted begins at what is wanted; that it goes along the key then is for the session to
-- say, by planning without sequential scans.

create or replace function spendguard.lock_accounts(of_tenants text[], ids uuid[]) returns setof spendguard.account
language sql security definer set search_path = pg_catalog, pg_temp as $$
    select account.*
      from (
        select * from unnest(of_tenants, ids) as named(tenant, account_id) order by named.account_id) wanted
     cross join lateral (
        select known.*
          from spendguard.account known
         where known.tenant = wanted.tenant and known.account_id = wanted.account_id
           for no key update) account
$$;

create or replace function spendguard.free_accounts(of_tenants text[], ids uuid[]) returns setof uuid
language sql security definer set search_path = pg_catalog, pg_temp as $$
    select account.account_id
      from unnest(of_tenants, ids) as wanted(tenant, account_id)
     cross join lateral (
        select known.account_id
          from spendguard.account known
         where known.tenant = wanted.tenant and known.account_id = wanted.account_id
           for no key update skip locked) account
$$;

create or replace function spendguard.extend_holds(
    extended_tenant text[], extended_id uuid[], extended_until timestamptz[],
    claim_tenant text[], claim_reservation_id uuid[], claim_account_id uuid[], claim_atoms bigint[]
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    longer record;
begin
    for longer in
        select * from unnest(extended_tenant, extended_id, extended_until) as longer(of_tenant, id, until)
    loop
        update spendguard.reservation
           set state = 'EXTENDED', expires_at = longer.until
         where tenant = longer.of_tenant and reservation_id = longer.id and state in ('HELD', 'EXTENDED');
        if not found then
            raise exception using errcode = 'SG004', message = 'A reservation to be extended is not held.';
        end if;
    end loop;
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

create or replace function spendguard.check_events() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    astray record;
begin
    select seen.event_id, seen.stream, seen.is_homeless into astray
      from (
        select event.event_id, event.stream,
               (select true from spendguard.stream known
                 where known.tenant = event.tenant and known.stream = event.stream) is null as is_homeless,
               event.seq < 1
                or octet_length(event.digest) <> 32
                or octet_length(event.chain) <> 32
                or event.leaf_index < 0
                or event.leaf_index >= event.batch_size
                or event.payload is null
                or event.signature is null
                or coalesce(octet_length(event.path), 1) % 32 <> 0
                or event.decision_id is not null
                or event.is_final is not null as is_wrong
          from told event) seen
     where seen.is_wrong or seen.is_homeless
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

create or replace function spendguard.check_postings() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    astray record;
begin
    select seen.* into astray
      from (
        select tx.tx_id, tx.operation, tx.key, tx.event_id,
               (select true from spendguard.outbox event
                 where event.tenant = tx.tenant and event.event_id = tx.event_id) is null as is_untold,
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

create or replace function spendguard.check_claims() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    astray record;
begin
    select seen.* into astray
      from (
        select claim.account_id, claim.reservation_id,
               (select true from spendguard.account account
                 where account.tenant = claim.tenant and account.account_id = claim.account_id) is null as is_unopened,
               (select true from spendguard.reservation held
                 where held.tenant = claim.tenant and held.reservation_id = claim.reservation_id) is null as is_homeless,
               claim.part < 0
                or claim.part = 0 and (claim.atoms < 0 or claim.held_before <> 0 or claim.committed_before <> 0)
                or claim.held_before < 0
                or claim.committed_before < 0
                or claim.held_before + claim.atoms < 0 as is_wrong
          from claims claim) seen
     where seen.is_wrong or seen.is_unopened or seen.is_homeless
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
