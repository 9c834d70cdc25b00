select line from (
    select format('column %s.%s %s%s%s%s', relname, attname, format_type(atttypid, atttypmod),
               case when attnotnull then ' not null' else '' end,
               coalesce(' default ' || pg_get_expr(adbin, adrelid), ''),
               case when collname is null or collname = 'default' then '' else ' collate ' || collname end) as line,
           1 as part, relname as name, attnum::int as position
      from pg_class
      join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
      left join pg_attrdef on adrelid = pg_class.oid and adnum = attnum
      left join pg_collation on pg_collation.oid = attcollation
     where relnamespace = 'spendguard'::regnamespace and relkind = 'r' and relname <> 'schema_history'
    union all
    select format('options %s %s', relname, reloptions), 2, relname, 0
      from pg_class
     where relnamespace = 'spendguard'::regnamespace and relkind = 'r' and reloptions is not null
    union all
    select format('constraint %s.%s %s', relname, conname, pg_get_constraintdef(pg_constraint.oid)), 3,
           relname || conname, 0
      from pg_constraint join pg_class on pg_class.oid = conrelid
     where relnamespace = 'spendguard'::regnamespace and relname <> 'schema_history' and contype <> 'n'
    union all
    select format('trigger %s', pg_get_triggerdef(pg_trigger.oid)), 4, relname || tgname, 0
      from pg_trigger join pg_class on pg_class.oid = tgrelid
     where relnamespace = 'spendguard'::regnamespace and not tgisinternal
    union all
    select format('function %s %s execute %s', proname,
               case when prosecdef then 'with the owner''s rights' else 'with the caller''s rights' end,
               case when has_function_privilege('spendguard_app', pg_proc.oid, 'execute') then 'granted' else 'not granted' end),
           5, proname, 0
      from pg_proc where pronamespace = 'spendguard'::regnamespace
    union all
    select format('grant %s %s', relname, (
               select string_agg(privilege, ' ' order by privilege)
                 from unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) privilege
                where has_table_privilege('spendguard_app', pg_class.oid, privilege))
               || coalesce((
               select ' UPDATE(' || string_agg(attname, ' ' order by attname) || ')' from pg_attribute
                where attrelid = pg_class.oid and attnum > 0
                  and has_column_privilege('spendguard_app', pg_class.oid, attname, 'UPDATE')), '')), 6, relname, 0
      from pg_class where relnamespace = 'spendguard'::regnamespace and relkind = 'r'
) described
order by part, name collate "C", position
