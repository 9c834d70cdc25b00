-- The transparency log over the outbox: a Merkle tree of each tenant's events, and one tree of their heads, kept under the
-- empty tenant, which no caller can be. Trees are kept in tiles of 256 hashes; a tile only grows. Where forwarding stands
-- is a cursor for each stream: the outbox itself is never changed.
create table spendguard.log_tree (
    tenant text collate "C" not null,
    size bigint not null default 0 check (size >= 0),
    checked_size bigint not null default 0,
    primary key (tenant),
    constraint log_tree_checked_check check (checked_size between 0 and size)
);
comment on table spendguard.log_tree is
    'How many leaves a tenant''s tree has, and at how many its balances were last found to be those of the accounts.';

create table spendguard.log_tile (
    tenant text collate "C" not null,
    level integer not null check (level >= 0),
    tile bigint not null check (tile >= 0),
    hashes bytea not null check (octet_length(hashes) % 32 = 0 and octet_length(hashes) between 32 and 8192),
    primary key (tenant, level, tile),
    foreign key (tenant) references spendguard.log_tree
);
comment on table spendguard.log_tile is 'Hashes in a row: of leaves on level 0, of full tiles above.';

create table spendguard.log_cursor (
    tenant text collate "C" not null,
    stream uuid not null,
    seq bigint not null check (seq >= 1),
    chain bytea not null check (octet_length(chain) = 32),
    is_closed boolean not null default false,
    primary key (tenant, stream),
    foreign key (tenant, stream) references spendguard.stream
);
comment on table spendguard.log_cursor is 'How far a stream was forwarded, and whether that was its closing event.';

create table spendguard.canonical_event (
    tenant text collate "C" not null,
    log_index bigint not null check (log_index >= 0),
    stream uuid not null,
    seq bigint not null,
    primary key (tenant, log_index),
    unique (tenant, stream, seq),
    foreign key (tenant, stream, seq) references spendguard.outbox
);
comment on table spendguard.canonical_event is 'Which event a leaf of the tenant''s tree is of.';

create table spendguard.log_balance (
    tenant text collate "C" not null,
    account_id uuid not null,
    limit_atoms bigint not null,
    spent_atoms bigint not null,
    held_atoms bigint not null,
    debt_atoms bigint not null,
    primary key (tenant, account_id)
);
comment on table spendguard.log_balance is 'What the forwarded events make of an account, whatever the account''s row says.';

create table spendguard.tree_head (
    tenant text collate "C" not null,
    size bigint not null check (size >= 1),
    root bytea not null check (octet_length(root) = 32),
    balance_root bytea not null check (octet_length(balance_root) = 32),
    global_index bigint not null check (global_index >= 0),
    primary key (tenant, size)
);
create index tree_head_global_index on spendguard.tree_head (global_index);
comment on table spendguard.tree_head is 'Leaves of the tree of all tenants: a tenant''s tree as it stood once.';

create table spendguard.checkpoint (
    tenant text collate "C" not null default '' check (tenant = ''),
    size bigint not null check (size >= 1),
    note text not null,
    primary key (tenant, size)
);
comment on table spendguard.checkpoint is 'Signed notes over the tree of all tenants.';

create table spendguard.cosignature (
    tenant text collate "C" not null default '' check (tenant = ''),
    size bigint not null,
    line text collate "C" not null,
    primary key (tenant, size, line),
    foreign key (tenant, size) references spendguard.checkpoint
);
comment on table spendguard.cosignature is 'What witnesses added to a checkpoint.';

create trigger canonical_event_grows_only before update or delete or truncate on spendguard.canonical_event
    for each statement execute function spendguard.refuse_change();
create trigger tree_head_grows_only before update or delete or truncate on spendguard.tree_head
    for each statement execute function spendguard.refuse_change();
create trigger checkpoint_grows_only before update or delete or truncate on spendguard.checkpoint
    for each statement execute function spendguard.refuse_change();
create trigger cosignature_grows_only before update or delete or truncate on spendguard.cosignature
    for each statement execute function spendguard.refuse_change();
create trigger log_tree_stays before delete or truncate on spendguard.log_tree
    for each statement execute function spendguard.refuse_change();
create trigger log_tile_stays before delete or truncate on spendguard.log_tile
    for each statement execute function spendguard.refuse_change();
create trigger log_cursor_stays before delete or truncate on spendguard.log_cursor
    for each statement execute function spendguard.refuse_change();
create trigger log_balance_stays before delete or truncate on spendguard.log_balance
    for each statement execute function spendguard.refuse_change();

create function spendguard.check_log_advance() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    -- One after the other: each looks at columns that only its table has.
    if tg_table_name = 'log_tree' then
        if new.tenant = old.tenant and new.size >= old.size and new.checked_size >= old.checked_size then
            return new;
        end if;
    elsif tg_table_name = 'log_cursor' then
        if (new.tenant, new.stream) = (old.tenant, old.stream) and new.seq > old.seq then
            return new;
        end if;
    elsif (new.tenant, new.level, new.tile) = (old.tenant, old.level, old.tile)
        and substring(new.hashes from 1 for octet_length(old.hashes)) = old.hashes
    then
        return new;
    end if;
    raise exception using
        errcode = '23001',
        message = format('A row of spendguard.%I cannot go back: the log only grows.', tg_table_name);
end $$;

create trigger log_tree_advances before update on spendguard.log_tree
    for each row execute function spendguard.check_log_advance();
create trigger log_cursor_advances before update on spendguard.log_cursor
    for each row execute function spendguard.check_log_advance();
create trigger log_tile_advances before update on spendguard.log_tile
    for each row execute function spendguard.check_log_advance();
revoke all on function spendguard.check_log_advance from public;

-- Who keeps the log need not be who decides: this role reads events and accounts and writes the log, and nothing else.
do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'spendguard_log') then
        create role spendguard_log nologin;
    end if;
exception
    when duplicate_object or unique_violation then null;
end $$;
grant usage on schema spendguard to spendguard_log;
grant select on spendguard.stream, spendguard.outbox, spendguard.account, spendguard.signing_key to spendguard_log;
grant select, insert on
    spendguard.log_tree,
    spendguard.log_tile,
    spendguard.log_cursor,
    spendguard.canonical_event,
    spendguard.log_balance,
    spendguard.tree_head,
    spendguard.checkpoint,
    spendguard.cosignature
    to spendguard_log;
grant update (size, checked_size) on spendguard.log_tree to spendguard_log;
grant update (hashes) on spendguard.log_tile to spendguard_log;
grant update (seq, chain, is_closed) on spendguard.log_cursor to spendguard_log;
grant update (limit_atoms, spent_atoms, held_atoms, debt_atoms) on spendguard.log_balance to spendguard_log;
grant select, insert on spendguard.lease to spendguard_log;
grant update (holder, epoch, held_until) on spendguard.lease to spendguard_log;
grant select on
    spendguard.log_tree,
    spendguard.log_tile,
    spendguard.log_cursor,
    spendguard.canonical_event,
    spendguard.log_balance,
    spendguard.tree_head,
    spendguard.checkpoint,
    spendguard.cosignature
    to spendguard_app;
