package io.spendguard.jdbc;

import java.time.Duration;
import java.util.UUID;
import org.jooq.DSLContext;

/** Who does what only one process does at a time, by a row that names the holder and until when, by the database's clock. */
final class Leadership {
    /** Takes the lease, renews it or, where another has it, does nothing: then no row comes back. */
    private static final String LEAD = """
            insert into spendguard.lease as lease (name, holder, epoch, held_until)
            values (?, ?, 1, clock_timestamp() + ? * interval '1 millisecond')
                on conflict (tenant, name) do update
               set holder = excluded.holder,
                   epoch = lease.epoch + case when lease.holder = excluded.holder then 0 else 1 end,
                   held_until = excluded.held_until
             where lease.holder = excluded.holder or lease.held_until <= clock_timestamp()
            returning epoch
            """;

    private Leadership() {}

    /** Whether the asker leads from now on, for so long at least. */
    static boolean take(DSLContext sql, String duty, UUID asker, Duration lease) {
        return sql.fetch(LEAD, duty, asker, lease.toMillis()).isNotEmpty();
    }
}
