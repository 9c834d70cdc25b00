-- What no role may do, the owner included. Errors of these guards have SQLSTATE 23001 (restrict violation), those a
-- writer answers by taking the ordered path start with SG.

create function spendguard.refuse_change() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception using
        errcode = '23001',
        message = format('%s of %I.%I is refused: its rows only grow.', tg_op, tg_table_schema, tg_table_name),
        hint = 'Post a correction instead.';
end $$;

create trigger ledger_tx_grows_only before update or delete or truncate on spendguard.ledger_tx
    for each statement execute function spendguard.refuse_change();
create trigger ledger_entry_grows_only before update or delete or truncate on spendguard.ledger_entry
    for each statement execute function spendguard.refuse_change();
create trigger outbox_grows_only before update or delete or truncate on spendguard.outbox
    for each statement execute function spendguard.refuse_change();
create trigger idempotency_grows_only before update or delete or truncate on spendguard.idempotency
    for each statement execute function spendguard.refuse_change();
create trigger idempotency_answer_grows_only before update or delete or truncate on spendguard.idempotency_answer
    for each statement execute function spendguard.refuse_change();
create trigger stream_grows_only before update or delete or truncate on spendguard.stream
    for each statement execute function spendguard.refuse_change();
create trigger signing_key_grows_only before update or delete or truncate on spendguard.signing_key
    for each statement execute function spendguard.refuse_change();
create trigger reservation_claim_grows_only before update or delete or truncate on spendguard.reservation_claim
    for each statement execute function spendguard.refuse_change();
create trigger reservation_stays before delete or truncate on spendguard.reservation
    for each statement execute function spendguard.refuse_change();
create trigger run_state_stays before delete or truncate on spendguard.run_state
    for each statement execute function spendguard.refuse_change();
create trigger account_stays before delete or truncate on spendguard.account
    for each statement execute function spendguard.refuse_change();
create trigger budget_stays before delete or truncate on spendguard.budget
    for each statement execute function spendguard.refuse_change();

-- Balances move by posting entries, which updates accounts from inside a trigger, and by nothing else.
create function spendguard.refuse_balance() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception using
        errcode = '23001',
        message = format('%s of spendguard.account is refused: balances move by posting entries only.', tg_op);
end $$;

create trigger account_moves_by_entries before update on spendguard.account
    for each row when (pg_trigger_depth() = 0) execute function spendguard.refuse_balance();
create trigger account_opens_empty before insert on spendguard.account
    for each row when (new.limit_atoms <> 0 or new.spent_atoms <> 0 or new.held_atoms <> 0 or new.debt_atoms <> 0)
    execute function spendguard.refuse_balance();

create function spendguard.check_reservation() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if old.state = 'HELD' and new.state in ('COMMITTED', 'RELEASED')
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

create trigger reservation_settles_once before update on spendguard.reservation
    for each row execute function spendguard.check_reservation();

create function spendguard.check_new_reservation() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    raise exception using
        errcode = '23001',
        message = format('Reservation %s cannot begin as %s: it begins as HELD.', new.reservation_id, new.state);
end $$;

create trigger reservation_begins_held before insert on spendguard.reservation
    for each row when (new.state <> 'HELD') execute function spendguard.check_new_reservation();

create function spendguard.check_run_state() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    if old.stopped_by is null and new.steps >= old.steps
        and (new.tenant, new.namespace, new.run) = (old.tenant, old.namespace, old.run)
    then
        return new;
    end if;
    raise exception using
        errcode = '23001',
        message = format('Run %s cannot change: a stopped run stays stopped, and steps never go back.', old.run);
end $$;

create trigger run_state_only_advances before update on spendguard.run_state
    for each row execute function spendguard.check_run_state();

-- Claims name accounts that exist. Accounts are never deleted, so looking is enough: a foreign key would lock the
-- hottest rows there are, each time.
create function spendguard.check_claims() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
declare
    missing uuid;
begin
    select claim.account_id into missing
      from claims claim
     where not exists (
        select from spendguard.account account
         where account.tenant = claim.tenant and account.account_id = claim.account_id)
     limit 1;
    if found then
        raise exception using errcode = 'SG001', message = format('Account %s is not open.', missing);
    end if;
    return null;
end $$;

create trigger reservation_claim_names_accounts after insert on spendguard.reservation_claim
    referencing new table as claims
    for each statement execute function spendguard.check_claims();

-- The one place where balances move. Runs with the owner's rights, because no role has the right to update accounts.
-- Entries must balance for each transaction and account within one statement; accounts are locked in order of id, which
-- is every writer's order; SG001 means an account is missing, has too little available
-- or owes what it would be given, and nothing is written. A statement may hold a whole batch: only its sum moves an account.
create function spendguard.apply_entries() returns trigger
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
               -coalesce(sum(entry.atoms) filter (where entry.kind = 'ADJUSTMENT'), 0)::bigint as limit_atoms,
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

create trigger ledger_entry_moves_accounts after insert on spendguard.ledger_entry
    referencing new table as entries
    for each statement execute function spendguard.apply_entries();
