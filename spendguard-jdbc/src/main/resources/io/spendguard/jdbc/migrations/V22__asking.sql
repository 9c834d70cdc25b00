-- Which decisions ask for an approval: few of all, found without reading the others. Payloads are canonical JSON, in which a
-- quotation mark inside a text has a backslash before it, so that these bytes are a member wherever they stand.
create index outbox_asking on spendguard.outbox (tenant, stream, seq)
    where type = 'io.spendguard.decision.v1' and position('"effect":"require_approval"'::bytea in payload) > 0;
