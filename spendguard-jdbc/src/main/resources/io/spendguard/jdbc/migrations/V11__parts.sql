-- What a hold came to before each of its parts stands in the part itself. So the last part of a claim tells what is held and
-- how much of it was committed, however many parts a session has, and none of them takes more than is held.

alter table spendguard.reservation_claim add column held_before bigint not null default 0 check (held_before >= 0);
alter table spendguard.reservation_claim add column committed_before bigint not null default 0 check (committed_before >= 0);

alter table spendguard.reservation_claim disable trigger reservation_claim_grows_only;
update spendguard.reservation_claim claim
   set held_before = earlier.held, committed_before = earlier.committed
  from (select known.tenant, known.reservation_id, known.account_id, known.part,
               sum(known.atoms) over preceding as held,
               coalesce(-sum(known.atoms) filter (where known.atoms < 0) over preceding, 0) as committed
          from spendguard.reservation_claim known
        window preceding as (
               partition by known.tenant, known.reservation_id, known.account_id order by known.part
               rows between unbounded preceding and 1 preceding)) earlier
 where claim.part > 0
   and (claim.tenant, claim.reservation_id, claim.account_id, claim.part)
       = (earlier.tenant, earlier.reservation_id, earlier.account_id, earlier.part);
alter table spendguard.reservation_claim enable trigger reservation_claim_grows_only;

alter table spendguard.reservation_claim add constraint reservation_claim_begins_with_its_hold
    check (part > 0 or (held_before = 0 and committed_before = 0));
alter table spendguard.reservation_claim add constraint reservation_claim_takes_what_is_held
    check (held_before + atoms >= 0);

-- Parts have no gaps, and nobody but this says what came before one.
create function spendguard.follow_part() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    select before.held_before + before.atoms, before.committed_before - least(before.atoms, 0)
      into new.held_before, new.committed_before
      from spendguard.reservation_claim before
     where before.tenant = new.tenant
       and before.reservation_id = new.reservation_id
       and before.account_id = new.account_id
       and before.part = new.part - 1;
    if not found then
        raise exception using
            errcode = '23514',
            message = format('Part %s of the claim of reservation %s on account %s follows none: parts have no gaps.',
                new.part, new.reservation_id, new.account_id);
    end if;
    return new;
end $$;
create trigger reservation_claim_follows_its_parts before insert on spendguard.reservation_claim
    for each row when (new.part > 0) execute function spendguard.follow_part();
revoke all on function spendguard.follow_part from public;
