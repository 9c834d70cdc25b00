package io.spendguard.jdbc;

import java.util.UUID;

/** Names a reservation's row. */
record ReservationKey(String tenant, UUID id) {}
