package io.spendguard.test;

interface EvidenceLaws extends LedgerLaws {}
