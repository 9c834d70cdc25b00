package io.spendguard.test;

interface IsolationLaws extends LedgerLaws {}
