package io.spendguard.test;

interface LimitLaws extends LedgerLaws {}
