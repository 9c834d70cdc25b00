-- Of a table that held nothing when it was gathered, every index looks as good as the key to the planner, also the one that says what
-- an account is for, and a plan stays for its session. An index under a condition can be used only by who states the condition, and
-- only who looks for an account by its budget does. The condition holds for every account: a trigger refuses others.
alter table spendguard.account drop constraint account_is_one;
create unique index account_is_one
    on spendguard.account (budget_id, tenant, namespace, key, window_from, window_until, unit)
 where window_from < window_until;
