alter table spendguard.budget add column max_keys integer check (max_keys >= 1);
comment on column spendguard.budget.max_keys is
    'For how many keys accounts are opened in one window, so that fresh labels do not mint fresh limits; null for any number.';

alter table spendguard.budget add column revision bigint not null default 0 check (revision >= 0);
comment on column spendguard.budget.revision is
    'The revision of the contract that set the limit; a lower one leaves it alone. Zero for a contract without one.';
grant update (max_keys, revision) on spendguard.budget to spendguard_app;

create table spendguard.key_secret (
    tenant text collate "C" not null primary key,
    secret bytea not null check (octet_length(secret) = 32)
);
comment on table spendguard.key_secret is
    'What hides personal values in the keys of accounts. Erasing a tenant''s row cuts its old accounts off from the people.';
revoke all on spendguard.key_secret from public;
grant select, insert on spendguard.key_secret to spendguard_app;
