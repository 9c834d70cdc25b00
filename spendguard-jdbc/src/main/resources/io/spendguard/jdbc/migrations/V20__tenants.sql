-- Who erases a person's values sees whether the tenant is one, so that a name mistyped is no success.
grant select on spendguard.stream to spendguard_retention;
