package io.spendguard.verify;

/**
 * What can be wrong with an evidence package. Groups come in the order in which they explain each other: an event that
 * was tampered with leads, the checksums that differ because of it follow.
 */
public enum FindingCode {
    /** An event's bytes are not those that were signed at its place. */
    EVENT_EDITED(Group.EVENT),
    /** An event's seal was made by no trusted key for this place. */
    EVENT_FORGED(Group.EVENT),
    /** A position of a stream is not there. */
    EVENT_MISSING(Group.EVENT),
    /** An event stands at another place than it was signed for. */
    EVENT_REORDERED(Group.EVENT),
    /** An event stands there more than once. */
    EVENT_DUPLICATED(Group.EVENT),
    /** What an event says of itself differs from what is said about it. */
    EVENT_MISLABELLED(Group.EVENT),
    /** An event belongs to another tenant. */
    EVENT_FOREIGN(Group.EVENT),
    /** An event does not match the filter by which the package says it was exported. */
    EVENT_OUTSIDE_FILTER(Group.EVENT),
    /** A line is no event at all. */
    LINE_MALFORMED(Group.EVENT),
    /** The key that signed is not among the anchors. */
    KEY_NOT_ANCHORED(Group.EVENT),
    /** An event stands in the log after the position at which its key, or the root that certified it, was revoked. */
    KEY_REVOKED(Group.EVENT),
    /** The evidence states that a key was revoked which the anchors still trust. */
    REVOCATION_UNKNOWN(Group.EVENT),
    /** A caller was handed a receipt for an event that is not there. */
    TAIL_LOST(Group.EVENT),
    /** A position is signed with two chain values: in a receipt, and in the package or another receipt. */
    RECEIPT_CONTRADICTED(Group.EVENT),
    /** A key's certificate is not what the root it names signed, or is none. */
    CERTIFICATE_FORGED(Group.EVENT),
    /** An event is dated after its key's certificate ended. */
    CERTIFICATE_EXPIRED(Group.EVENT),
    /** An event is dated before its key's certificate began. */
    CERTIFICATE_NOT_YET_VALID(Group.EVENT),
    /** A key signed for a tenant that its certificate does not name. */
    CERTIFICATE_FOREIGN(Group.EVENT),

    /** An event's bytes are not canonical JSON. */
    EVENT_NOT_CANONICAL(Group.CONTENT),
    /** An event's facts are not of the form its type has. */
    EVENT_DATA_MALFORMED(Group.CONTENT),
    /** A decision was recorded twice. */
    DECISION_TWICE(Group.CONTENT),
    /** An outcome tells of a decision that is not there. */
    OUTCOME_WITHOUT_DECISION(Group.CONTENT),
    /** A decision that allowed nothing has an outcome that moves money. */
    OUTCOME_OF_REFUSAL(Group.CONTENT),
    /** A decision has two final outcomes. */
    OUTCOME_TWICE(Group.CONTENT),
    /** What happened to a call goes on after its final outcome, and corrects nothing. */
    OUTCOME_AFTER_FINAL(Group.CONTENT),
    /** A correction names no outcome of its decision that comes before it and was not corrected yet. */
    CORRECTION_WITHOUT_OUTCOME(Group.CONTENT),
    /** A correction moves something else than the difference to what was recorded, or resolves no dispute that is open. */
    CORRECTION_UNFIT(Group.CONTENT),
    /** A decision says what was answered to an approval, and that answer is not there. */
    APPROVAL_MISSING(Group.CONTENT),
    /** An approval was answered twice, or two decisions were made upon one. */
    APPROVAL_TWICE(Group.CONTENT),
    /** An approval is not of what was asked, or by whom, or in time; or a decision allows what it does not. */
    APPROVAL_UNFIT(Group.CONTENT),
    /** An outcome names another contract or price book than its decision. */
    TERMS_DIFFER(Group.CONTENT),
    /** A hold expired before its time. */
    EXPIRED_EARLY(Group.CONTENT),
    /** A part of a hold was committed twice under one number. */
    PART_TWICE(Group.CONTENT),
    /** An answer to who wanted a hold extended states something else than is held after it, or another end than it has. */
    EXTENSION_UNFIT(Group.CONTENT),
    /** A final outcome did not dissolve exactly what its decision held. */
    HOLD_NOT_DISSOLVED(Group.CONTENT),
    /** An event's entries do not sum to zero for an account. */
    ENTRIES_UNBALANCED(Group.CONTENT),
    /** An event's entries are none that an event of its kind makes, or not those that it tells of. */
    ENTRIES_UNFIT(Group.CONTENT),
    /** An account has entries but was not opened before them. */
    ACCOUNT_NOT_OPENED(Group.CONTENT),
    /** An account was opened twice. */
    ACCOUNT_OPENED_TWICE(Group.CONTENT),
    /** An event takes an account for one of another budget, unit or namespace than it was opened for. */
    ACCOUNT_MISNAMED(Group.CONTENT),
    /** An event holds on an account, or gives to it, outside the account's window. */
    WINDOW_CLOSED(Group.CONTENT),
    /** A decision names a contract, with its mode and price book, that never came into force for its tenant. */
    CONTRACT_NOT_ACTIVATED(Group.CONTENT),
    /** The limit an event states is not the one its entries grant, or an event that states none grants. */
    LIMIT_MISMATCH(Group.CONTENT),
    /** A cost is not what usage and price make, or what is charged or spent is not the cost. */
    COST_DIFFERS(Group.CONTENT),
    /** A decision's price is not the one that the price book it names has for the model at that time. */
    PRICE_DIFFERS(Group.CONTENT),
    /** A balance went below zero, or beyond what a long holds. */
    BALANCE_IMPOSSIBLE(Group.CONTENT),

    /** An event that the log's checkpoint covers is not there. */
    EVENT_LEFT_OUT(Group.LOG),
    /** A tenant's events are not those that the log's checkpoint covers. */
    LOG_DIFFERS(Group.LOG),
    /** The balances that follow from the events are not those that the checkpoint covers. */
    BALANCES_DIFFER(Group.LOG),
    /** The checkpoint is not one that continues the one the auditor saw last. */
    CHECKPOINT_INCONSISTENT(Group.LOG),
    /** The checkpoint is not signed by an anchored key, or lacks a witness. */
    CHECKPOINT_NOT_SIGNED(Group.LOG),
    /** There is no checkpoint where the anchors tell of a log. */
    CHECKPOINT_MISSING(Group.LOG),
    /** The log's files are not of the form they must have. */
    LOG_MALFORMED(Group.LOG),

    /** A receipt is none, or no trusted key signed it. */
    RECEIPT_INVALID(Group.STREAM),

    /** A stream has no closing event: what came after its last event is unknown. */
    STREAM_OPEN(Group.STREAM),
    /** A stream does not begin or end as streams do. */
    STREAM_MALFORMED(Group.STREAM),

    /** A file the manifest names is not there. */
    FILE_MISSING(Group.PACKAGE),
    /** A file is there that does not belong there. */
    FILE_UNEXPECTED(Group.PACKAGE),
    /** A file's bytes are not those the manifest or its name tells of. */
    FILE_ALTERED(Group.PACKAGE),
    /** A price book cannot be read as one. */
    PRICE_BOOK_MALFORMED(Group.PACKAGE),
    /** The manifest is not of the form it must have, or does not tell what is there. */
    MANIFEST_MALFORMED(Group.PACKAGE),
    /** The manifest carries no valid signature of a trusted key. */
    MANIFEST_NOT_SIGNED(Group.PACKAGE),
    /** The container is not laid out as packages are. */
    CONTAINER_MALFORMED(Group.PACKAGE),
    /** The container cannot be taken apart at all. */
    PACKAGE_UNREADABLE(Group.PACKAGE),
    /** There is no event: nothing was verified. */
    PACKAGE_EMPTY(Group.PACKAGE);

    private final Group group;

    FindingCode(Group group) {
        this.group = group;
    }

    Group group() {
        return group;
    }

    /** In the order of report. */
    enum Group {
        EVENT,
        CONTENT,
        LOG,
        STREAM,
        PACKAGE
    }
}
