-- The application's login roles are members of spendguard_app, which may add rows and may change what a decision
-- changes: a budget's limit, a run, a reservation's state. It owns nothing and deletes nothing.

-- Roles belong to the server, not to the database: another one may hold it already or create it at this moment.
do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'spendguard_app') then
        create role spendguard_app nologin;
    end if;
exception
    when duplicate_object or unique_violation then null;
end $$;

revoke all on schema spendguard from public;
revoke all on all tables in schema spendguard from public;
revoke all on all functions in schema spendguard from public;

grant usage on schema spendguard to spendguard_app;
grant select on all tables in schema spendguard to spendguard_app;
grant insert on
    spendguard.budget,
    spendguard.account,
    spendguard.signing_key,
    spendguard.stream,
    spendguard.outbox,
    spendguard.personal_value,
    spendguard.idempotency,
    spendguard.idempotency_answer,
    spendguard.run_state,
    spendguard.ledger_tx,
    spendguard.ledger_entry,
    spendguard.reservation,
    spendguard.reservation_claim
    to spendguard_app;
grant update (unit, limit_atoms) on spendguard.budget to spendguard_app;
grant update (steps, stopped_by, stop_code, recent) on spendguard.run_state to spendguard_app;
grant update (state) on spendguard.reservation to spendguard_app;
-- Not the triggers' functions: who may execute one may hang it on a table of their own and move balances without entries.
grant execute on function spendguard.post, spendguard.lock_accounts, spendguard.free_accounts to spendguard_app;
