package io.spendguard.test;

interface ModelLaws extends LedgerLaws {}
