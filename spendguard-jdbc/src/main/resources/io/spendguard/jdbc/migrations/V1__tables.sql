-- Every table of money or evidence is keyed by tenant first, and every reference carries the tenant along: no row can
-- point at another tenant's. Amounts are whole atoms of a unit (nanos of a currency). Text sorts by its bytes.

create table spendguard.budget (
    tenant text collate "C" not null,
    namespace text collate "C" not null check (namespace in ('ENFORCE', 'SHADOW')),
    budget_id text collate "C" not null,
    unit text collate "C" not null,
    limit_atoms bigint not null check (limit_atoms >= 0),
    primary key (tenant, namespace, budget_id)
);
comment on table spendguard.budget is 'The limit the active contract gives a budget; new accounts open with it.';

-- Hot rows: no index on a balance and room on the page, so that updates stay on it.
create table spendguard.account (
    tenant text collate "C" not null,
    account_id uuid not null,
    namespace text collate "C" not null,
    budget_id text collate "C" not null,
    key text collate "C" not null,
    window_from timestamptz not null,
    window_until timestamptz not null,
    unit text collate "C" not null,
    limit_atoms bigint not null default 0 check (limit_atoms >= 0),
    spent_atoms bigint not null default 0 check (spent_atoms >= 0),
    held_atoms bigint not null default 0 check (held_atoms >= 0),
    debt_atoms bigint not null default 0 check (debt_atoms >= 0),
    primary key (tenant, account_id),
    unique (tenant, namespace, budget_id, key, window_from, window_until, unit),
    foreign key (tenant, namespace, budget_id) references spendguard.budget,
    constraint account_window_check check (window_from < window_until),
    -- In this order no step overflows.
    constraint account_available_check check (limit_atoms - spent_atoms - held_atoms + debt_atoms >= 0)
) with (fillfactor = 10, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
comment on table spendguard.account is
    'A budget for one key in one window. Balances are what the entries sum to; only posting entries moves them.';

create table spendguard.signing_key (
    key_id text collate "C" not null primary key,
    algorithm text not null,
    encoded bytea not null
);
comment on table spendguard.signing_key is 'Public keys events are signed with; a key is no tenant''s.';

create table spendguard.stream (
    tenant text collate "C" not null,
    stream uuid not null,
    key_id text collate "C" not null references spendguard.signing_key,
    opened_at timestamptz not null default now(),
    primary key (tenant, stream)
);
comment on table spendguard.stream is 'One writer incarnation''s sequence of events for one tenant.';

create table spendguard.outbox (
    tenant text collate "C" not null,
    stream uuid not null,
    seq bigint not null check (seq >= 1),
    event_id uuid not null,
    type text not null,
    payload bytea not null,
    digest bytea not null check (octet_length(digest) = 32),
    chain bytea not null check (octet_length(chain) = 32),
    batch_size integer not null check (batch_size >= 1),
    leaf_index integer not null,
    path bytea not null check (octet_length(path) % 32 = 0),
    signature bytea not null,
    key_id text collate "C" not null,
    primary key (tenant, stream, seq),
    unique (tenant, event_id),
    foreign key (tenant, stream) references spendguard.stream,
    constraint outbox_leaf_check check (leaf_index >= 0 and leaf_index < batch_size)
);
comment on table spendguard.outbox is 'Signed audit events in their streams, written with what they tell of.';

create table spendguard.personal_value (
    tenant text collate "C" not null,
    event_id uuid not null,
    commitment bytea not null check (octet_length(commitment) = 32),
    value text not null,
    salt bytea not null,
    primary key (tenant, event_id, commitment),
    foreign key (tenant, event_id) references spendguard.outbox (tenant, event_id)
);
comment on table spendguard.personal_value is
    'What the commitments in events stand for. Rows may be erased by the owner without breaking a proof.';

-- A key is claimed before anything else of its operation is locked; the answer follows in the same transaction. Two
-- rows, because both only ever grow. Never partitioned by time: a key is unique for good.
create table spendguard.idempotency (
    tenant text collate "C" not null,
    operation text collate "C" not null check (operation in ('ACTIVATE', 'DECIDE', 'SETTLE')),
    key text collate "C" not null,
    request_hash bytea not null check (octet_length(request_hash) = 32),
    primary key (tenant, operation, key)
);
comment on table spendguard.idempotency is 'Keys of operations that were carried out, each for one request only.';

create table spendguard.idempotency_answer (
    tenant text collate "C" not null,
    operation text collate "C" not null,
    key text collate "C" not null,
    answer bytea not null,
    primary key (tenant, operation, key),
    foreign key (tenant, operation, key) references spendguard.idempotency
);
comment on table spendguard.idempotency_answer is 'What an operation answered, for its replays.';

create table spendguard.run_state (
    tenant text collate "C" not null,
    namespace text collate "C" not null check (namespace in ('ENFORCE', 'SHADOW')),
    run text collate "C" not null,
    steps bigint not null check (steps >= 0),
    stopped_by uuid,
    stop_code text,
    recent bytea not null default ''
        check (octet_length(recent) <= 256 and octet_length(recent) % 8 = 0),
    primary key (tenant, namespace, run),
    constraint run_state_stop_check check (stop_code is null or stopped_by is not null)
) with (fillfactor = 50);
comment on column spendguard.run_state.recent is 'Fingerprints of the last 32 actions allowed, 8 bytes each, oldest first.';
comment on table spendguard.run_state is 'What was recorded of a run; a recorded stop ends it for good.';

create table spendguard.ledger_tx (
    tenant text collate "C" not null,
    tx_id uuid not null,
    operation text collate "C" not null,
    key text collate "C" not null,
    event_id uuid not null,
    posted_at timestamptz not null default now(),
    primary key (tenant, tx_id),
    foreign key (tenant, operation, key) references spendguard.idempotency,
    foreign key (tenant, event_id) references spendguard.outbox (tenant, event_id)
);
comment on table spendguard.ledger_tx is 'One posting: the operation it belongs to and the event that tells of it.';

create table spendguard.ledger_entry (
    tenant text collate "C" not null,
    tx_id uuid not null,
    line integer not null check (line >= 1),
    account_id uuid not null,
    kind text collate "C" not null check (kind in ('AVAILABLE', 'HELD', 'SPENT', 'DEBT', 'ADJUSTMENT')),
    atoms bigint not null check (atoms <> 0),
    primary key (tenant, tx_id, line),
    foreign key (tenant, tx_id) references spendguard.ledger_tx
);
comment on table spendguard.ledger_entry is
    'The double-entry book. Its trigger refuses unbalanced lines and moves the accounts'' balances.';

create table spendguard.reservation (
    tenant text collate "C" not null,
    reservation_id uuid not null,
    namespace text collate "C" not null check (namespace in ('ENFORCE', 'SHADOW')),
    run text collate "C",
    state text collate "C" not null default 'HELD' check (state in ('HELD', 'COMMITTED', 'RELEASED')),
    expires_at timestamptz not null,
    terms bytea not null,
    primary key (tenant, reservation_id)
) with (fillfactor = 80);
comment on table spendguard.reservation is 'A decision''s hold: HELD, then COMMITTED or RELEASED for good.';

create table spendguard.reservation_claim (
    tenant text collate "C" not null,
    reservation_id uuid not null,
    account_id uuid not null,
    atoms bigint not null check (atoms >= 0),
    primary key (tenant, reservation_id, account_id),
    foreign key (tenant, reservation_id) references spendguard.reservation
);
comment on table spendguard.reservation_claim is 'How much a reservation holds on which account.';
