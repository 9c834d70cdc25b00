-- Which writers live and which streams are theirs, so that the streams of dead ones can be closed. Nothing here is evidence: a wrong
-- row makes a stream be closed early or late, and the position that its next writer would take decides what is true.

create table spendguard.writer (
    tenant text collate "C" not null default '' check (tenant = ''),
    writer uuid not null,
    heard_since timestamptz not null default clock_timestamp(),
    heard_at timestamptz not null default clock_timestamp(),
    primary key (tenant, writer)
) with (fillfactor = 50);
comment on table spendguard.writer is
    'Until when a writer was heard of, and since when without a break, by this clock; a dead one''s row stays.';

create table spendguard.stream_writer (
    tenant text collate "C" not null,
    stream uuid not null,
    writer uuid,
    is_closed boolean not null default false,
    primary key (tenant, stream),
    foreign key (tenant, stream) references spendguard.stream
);
comment on table spendguard.stream_writer is
    'Who writes a stream, null for nobody; and whether its last event is known to close it.';
create index stream_writer_open on spendguard.stream_writer (tenant, stream) where not is_closed;
insert into spendguard.stream_writer (tenant, stream) select tenant, stream from spendguard.stream;

-- A writer's session says who it is, so that who opens a stream need not tell.
create function spendguard.keep_stream_writer() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    insert into spendguard.stream_writer (tenant, stream, writer)
    select opened.tenant, opened.stream, nullif(current_setting('spendguard.writer', true), '')::uuid
      from opened;
    return null;
end $$;
create trigger stream_has_a_writer after insert on spendguard.stream
    referencing new table as opened
    for each statement execute function spendguard.keep_stream_writer();

revoke all on spendguard.writer, spendguard.stream_writer from public;
revoke all on function spendguard.keep_stream_writer from public;
grant select, insert on spendguard.writer, spendguard.stream_writer to spendguard_app;
grant update (heard_since, heard_at) on spendguard.writer to spendguard_app;
grant update (writer, is_closed) on spendguard.stream_writer to spendguard_app;
