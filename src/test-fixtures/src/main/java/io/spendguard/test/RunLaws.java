package io.spendguard.test;

interface RunLaws extends LedgerLaws {}
