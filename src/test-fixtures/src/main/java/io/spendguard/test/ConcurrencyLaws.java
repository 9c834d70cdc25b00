package io.spendguard.test;

interface ConcurrencyLaws extends LedgerLaws {}
