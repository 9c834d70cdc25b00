package io.spendguard.test;

interface SessionLaws extends LedgerLaws {}
