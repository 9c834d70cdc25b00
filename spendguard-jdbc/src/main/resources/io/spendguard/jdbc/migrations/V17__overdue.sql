-- Of all holds few are open, so that the index over those looks to the planner as good a way to any one of them as their key: but it
-- begins with a time that only the sweep asks for, and is read whole for each hold that is settled. Under a condition that only the
-- sweep states nobody else can use it. It holds for every reservation.
drop index spendguard.reservation_overdue;
create index reservation_overdue on spendguard.reservation (expires_at, tenant, reservation_id)
    where state in ('HELD', 'EXTENDED') and expires_at > '-infinity';
