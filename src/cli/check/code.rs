//! What `check` finds by itself; what the service desks and the workspace say has codes of its own.

use crate::model::Code;

/// The file cannot be used.
pub const CONFIGURATION: Code = Code {
    id: "ITSMD-CK-001",
    means: "the configuration has a mistake, so nothing of it is used",
    remedy: "correct the line; config/itsmd.toml shows every key, `itsmd schema config` teaches it to an editor",
};
/// The file can be used, but.
pub const DOUBTFUL: Code = Code {
    id: "ITSMD-CK-002",
    means: "the configuration can be used, but this is probably not meant",
    remedy: "look at the line",
};
/// Two connections, one instance.
pub const SHARED_SERVER: Code = Code {
    id: "ITSMD-CK-003",
    means: "several connections read one service desk, and each keeps to its own rate only",
    remedy: "see that the service desk bears the sum, or lower `requests_per_minute` of each",
};
/// State without a connection.
pub const NOT_CONFIGURED: Code = Code {
    id: "ITSMD-CK-004",
    means: "there is state of a connection that is not configured: a renamed connection is a new one, whose window is \
            delivered once more under the new name, and which does not have the refresh token kept under the old one",
    remedy: "take the old name back, or drop the old state with `itsmd forget --connection NAME`; with `oauth-refresh` at an \
             instance that rotates get a new first refresh token for the new name",
};
/// Filter, and nobody who notices what leaves it.
pub const FILTER_WITHOUT_RECONCILE: Code = Code {
    id: "ITSMD-CK-005",
    means: "a record that leaves the filter stays in the workspace as it was: only a reconcile that marks deletions would notice",
    remedy: "set `reconcile` to a schedule and `deletions = \"mark\"`, or prefer a filter that a record does not leave, such as its category",
};
/// Rows, but none to be seen.
pub const NOTHING_VISIBLE: Code = Code {
    id: "ITSMD-CK-006",
    means: "the user may read none of the records although there are some",
    remedy: "give the user a role that reads this table, and look at the table's access rules",
};
/// Unknown fields.
pub const ABSENT_FIELDS: Code = Code {
    id: "ITSMD-CK-007",
    means: "the service desk gives these fields for no record: they do not exist, or the user may not read them; their \
            columns stay empty",
    remedy: "correct them in the profile or in [connection.columns], or give the user the right to read them",
};
/// Rows that would be set aside.
pub const UNMAPPED: Code = Code {
    id: "ITSMD-CK-008",
    means: "records of this kind would be set aside",
    remedy: "check the fields of the profile that the reason names",
};
/// Clocks differ.
pub const CLOCKS: Code = Code {
    id: "ITSMD-CK-009",
    means: "the service desk's clock and this machine's differ by more than five minutes",
    remedy: "look at this machine's time (chronyc tracking, timedatectl)",
};
/// An empty table.
pub const NOTHING_THERE: Code = Code {
    id: "ITSMD-CK-010",
    means: "no record was modified in the window, or the filter leaves none, or the user may read none",
    remedy: "if there should be some, check `filter`, `sync_days` and that the user may read the table: some service desks \
             leave out what a user may not read without a word",
};
/// Nothing to do.
pub const NOTHING_ENABLED: Code = Code {
    id: "ITSMD-CK-011",
    means: "no connection is enabled, so nothing would be read",
    remedy: "set `enabled = true`",
};
/// The `file` workspace.
pub const FILE: Code = Code {
    id: "ITSMD-CK-012",
    means: "this user may not write the workspace's file",
    remedy: "check `path`, its directory and who may write there; run check as the service's user",
};
/// The state file.
pub const STATE: Code = Code {
    id: "ITSMD-CK-013",
    means: "this user cannot use the state file",
    remedy: "run check as the service's user or as root; look at [state] path and its directory",
};
/// A rate rule below ours.
pub const LOW_RATE: Code = Code {
    id: "ITSMD-CK-014",
    means: "the service desk allows this user fewer requests than itsmd may send, so it will be refused for the rest of the hour",
    remedy: "lower `requests_per_minute`, or have the rate rule of this user raised",
};
/// Not GMT.
pub const USER_ZONE: Code = Code {
    id: "ITSMD-CK-015",
    means: "the user's time zone is not, or not certainly, GMT: instances differ in whether they read the times of a query in it",
    remedy: "set the time zone of the integration user to GMT",
};
/// An administrator.
pub const MIGHTY_USER: Code = Code {
    id: "ITSMD-CK-016",
    means: "the user may do much more than read, which itsmd has no use for",
    remedy: "give itsmd a user of its own that can only read",
};
/// Empty columns.
pub const EMPTY_COLUMNS: Code = Code {
    id: "ITSMD-CK-017",
    means: "these columns are empty in every record that was read: nobody fills them in, or the user may not read their values",
    remedy: "nothing, if nobody fills them in; else look at the access rules of the fields",
};
/// A secret file that others may read.
pub const OPEN_SECRET: Code = Code {
    id: "ITSMD-CK-018",
    means: "a secret can be read by every user of this machine",
    remedy: "give the file to root and the service's group and chmod 0640 it, or use a systemd credential",
};
/// A filter that seems to be left out.
pub const FILTER_DOUBTED: Code = Code {
    id: "ITSMD-CK-019",
    means: "records come that no query of the filter's fields can match: a part of the filter is left out on the way",
    remedy: "compare what comes with the same list in the service desk; look at proxies that shorten addresses",
};
/// A control token that cannot be read.
pub const NO_CONTROL_TOKEN: Code = Code {
    id: "ITSMD-CK-020",
    means: "the control token cannot be read, so the page's buttons and its two addresses for scripts refuse everybody; \
            syncing goes on",
    remedy: "make one where `control_token` says: `openssl rand -hex 32`, in a file of root and the service's group with \
             mode 0640; or take the key out",
};
/// A control token that is none.
pub const WEAK_CONTROL_TOKEN: Code = Code {
    id: "ITSMD-CK-021",
    means: "the control token is too short or not one word, so the page's buttons and its two addresses for scripts refuse \
            everybody; syncing goes on",
    remedy: "make another in its place: `openssl rand -hex 32`; it is read at each use and needs no reload",
};

/// All of them, for `itsmd explain` and the documentation.
pub const CODES: &[Code] = &[
    CONFIGURATION,
    DOUBTFUL,
    SHARED_SERVER,
    NOT_CONFIGURED,
    FILTER_WITHOUT_RECONCILE,
    NOTHING_VISIBLE,
    ABSENT_FIELDS,
    UNMAPPED,
    CLOCKS,
    NOTHING_THERE,
    NOTHING_ENABLED,
    FILE,
    STATE,
    LOW_RATE,
    USER_ZONE,
    MIGHTY_USER,
    EMPTY_COLUMNS,
    OPEN_SECRET,
    FILTER_DOUBTED,
    NO_CONTROL_TOKEN,
    WEAK_CONTROL_TOKEN,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_numbered_without_a_gap() {
        let ids: Vec<String> = CODES.iter().map(|code| code.id.to_owned()).collect();
        let expected: Vec<String> = (1..=CODES.len())
            .map(|number| format!("ITSMD-CK-{number:03}"))
            .collect();
        assert_eq!(ids, expected);
    }
}
